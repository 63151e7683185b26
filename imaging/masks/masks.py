"""Masks of a whole image, one at a time: written from bitmaps, drawn again and joined, bit for bit as pycocotools does."""

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco

from imaging.masks.rle import Mask, Runs, format_counts, paint_runs, parse_counts


def encode(mask: Mask) -> str:
    """Write a mask as COCO compressed counts.

    Args:
        mask: (H, W) bool.
    """
    encoded = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return str(encoded["counts"].decode("ascii"))


def decode(counts: str, height: int, width: int) -> Mask:
    """Draw counts as a mask.

    Args:
        counts: COCO compressed counts.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        (H, W) bool.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
    """
    return paint_runs(parse_counts(counts, height, width), height, width)


def union(masks: Sequence[str], height: int, width: int) -> str:
    """Join masks of one image; of none, the empty mask.

    Args:
        masks: COCO compressed counts of each.
        height: Of the image, in px.
        width: Of the image, in px.

    Raises:
        MalformedMaskError: Some counts do not describe a mask of that size.
    """
    if not masks:
        return format_counts(np.array([height * width], np.int64))
    for counts in masks:
        parse_counts(counts, height, width)
    joined = coco.merge([{"size": [height, width], "counts": counts.encode("ascii")} for counts in masks])
    return str(joined["counts"].decode("ascii"))


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
