"""The pipeline, a file a stage, and the one runner of them all."""
