"""JPEG files: their headers, libjpeg-turbo, and lossless crops of their entropy-coded data."""
