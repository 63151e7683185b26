"""U2-Net, samples, the Lightning module, and the stages `fit`, `predict` and `export`; the only home of torch."""
