"""Crop: the planned windows, cut out of their images and masks."""
