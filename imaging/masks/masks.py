"""Masks of a whole image, one at a time: written from bitmaps, drawn again and joined, bit for bit as pycocotools does."""

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco

from imaging.masks.rle import Mask, format_counts, paint_runs, parse_counts


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
