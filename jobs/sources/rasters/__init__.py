"""Masks that exports pack as rasters: bitmaps, brushes, and maps of ids."""
