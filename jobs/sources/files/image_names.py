"""Endings of names that images and label maps have, lower case with their dot."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif")
LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
