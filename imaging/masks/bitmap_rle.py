"""Writes placed bitmaps as run lengths over the whole image; what overhangs the image is cut off."""

import numpy as np

from imaging.masks.rle import Mask, Runs


def bitmap_runs(mask: Mask, left: int, top: int, height: int, width: int) -> Runs:
    """Write a placed bitmap as run lengths.

    Args:
        mask: (h, w) bool; what overhangs the image is cut off.
        left: Column of its first pixel in the image, in px; it may lie outside.
        top: Row of its first pixel, in px.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        (R,) int64 run lengths down the columns of the image, background first; they sum to height * width.
    """
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + mask.shape[1], width), min(top + mask.shape[0], height)
    if x >= right or y >= bottom:
        return np.array([height * width], np.int64)
    columns = np.zeros((right - x, bottom - y + 2), np.int8)
    columns[:, 1:-1] = mask[y - top : bottom - top, x - left : right - left].T
    # Columns are framed by background, so every column has as many beginnings as ends.
    column, row = np.nonzero(np.diff(columns, axis=1))
    positions = (column + x) * height + row + y
    return np.diff(positions, prepend=0, append=height * width)
