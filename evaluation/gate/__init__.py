"""Rules, verdicts, the registry of models, and promotion."""
