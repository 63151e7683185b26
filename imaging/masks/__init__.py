"""Masks as COCO run lengths: written, read, cut, rasterised from polygons and bitmaps, and measured."""
