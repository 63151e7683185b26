"""Writes placed bitmaps as run lengths over the whole image; what overhangs the image is cut off."""

import numpy as np
from numpy.typing import NDArray

from imaging.masks.rle import Runs


def bitmap_runs(mask: NDArray[np.bool_], left: int, top: int, height: int, width: int) -> Runs:
    """Write a placed bitmap as run lengths.

    Args:
        mask: (h, w) bool.
        left: Column of its first pixel in the image; it may lie outside.
        top: Row of its first pixel.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        Run lengths down the columns of the image, background first; they sum to height * width.
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
