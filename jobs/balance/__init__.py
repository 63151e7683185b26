"""Balance: which instances are cropped how often, and around which windows."""
