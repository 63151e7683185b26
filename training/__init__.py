"""U2-Net, its training, prediction and export; the only home of torch and Lightning."""
