"""Masks as COCO compressed counts over the whole displayed image: written, drawn and joined, as pycocotools does, bit for bit."""

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco

from imaging.masks.rle import Mask, format_counts, paint_runs, parse_counts


def encode(mask: Mask) -> str:
    """Write an (H, W) bool mask as COCO compressed counts."""
    encoded = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return str(encoded["counts"].decode("ascii"))


def decode(counts: str, height: int, width: int) -> Mask:
    """Draw counts as an (H, W) bool mask.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
    """
    return paint_runs(parse_counts(counts, height, width), height, width)


def union(masks: Sequence[str], height: int, width: int) -> str:
    """Join masks of one image; of none, the empty mask."""
    if not masks:
        return format_counts(np.array([height * width], np.int64))
    for counts in masks:
        parse_counts(counts, height, width)
    joined = coco.merge([{"size": [height, width], "counts": counts.encode("ascii")} for counts in masks])
    return str(joined["counts"].decode("ascii"))
