"""A crop's window and box in, the smaller window that another annotator's box would have given out: what robustness is measured on."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from lake.orientation import Box

JitterName = Literal["padding-50", "padding-0", "cut-5", "off-10", "off-20"]


@dataclass(frozen=True, slots=True)
class Jitter:
    """How a box differs from the one that the crop was cut for; the pixels are those that the crop holds."""

    padding: float  # share of the padding that is kept; below 0 the box cuts into the object by that share of itself
    off_centre: float  # share of the window that is taken off one side of each axis


JITTERS: Mapping[JitterName, Jitter] = MappingProxyType(
    {
        "padding-50": Jitter(0.5, 0.0),
        "padding-0": Jitter(0.0, 0.0),
        "cut-5": Jitter(-0.05, 0.0),
        "off-10": Jitter(1.0, 0.1),
        "off-20": Jitter(1.0, 0.2),
    }
)
"""Tighter boxes, boxes that cut into the object, and boxes that are off its centre, by name."""


def sub_window(window: Box, box: Box, jitter: Jitter, crop_id: str) -> Box:
    """Return the part of a window that a jittered box would have shown, in the frame of the window.

    Which sides an off-centre box loses is drawn from the crop's id, so it is the same for every model.

    Args:
        window: In the frame of the image, in px.
        box: Of the instance, in the same frame.
        jitter: One of `JITTERS`.
        crop_id: Hexadecimal digest.
    """
    draw = hashlib.sha256(f"jitter {crop_id}".encode()).digest()
    left, right = _axis(window.left, window.width, box.left, box.width, jitter, low_side=bool(draw[0] & 1))
    top, bottom = _axis(window.top, window.height, box.top, box.height, jitter, low_side=bool(draw[0] & 2))
    return Box(left, top, right - left, bottom - top)


def _axis(start: int, length: int, box_start: int, box_length: int, jitter: Jitter, *, low_side: bool) -> tuple[int, int]:
    before, after = box_start - start, start + length - box_start - box_length
    if jitter.padding < 0:
        low, high = before - jitter.padding * box_length, length - after + jitter.padding * box_length
    else:
        low, high = before * (1 - jitter.padding), length - after * (1 - jitter.padding)
    if low_side:
        low += jitter.off_centre * length
    else:
        high -= jitter.off_centre * length
    first = min(max(math.floor(low), 0), length - 1)
    return first, max(min(math.ceil(high), length), first + 1)
