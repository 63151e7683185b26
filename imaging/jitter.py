"""The windows that other annotators' boxes would have given: what robustness is measured on."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from imaging.orientation import Box
from lake.configuration import JitterName

_DRAWN = 1 << 16


@dataclass(frozen=True, slots=True)
class Jitter:
    """How a window differs from the one that the crop was cut for; shares are of the box's side on that axis."""

    padding: float = 1.0  # share of the window's padding that is kept
    grown: float = 0.0  # share that either side moves outwards; below 0 it cuts into the object
    off_centre: float = 0.0  # share by which the whole window moves, on each axis to a side drawn from the crop's id
    noise: float = 0.0  # share within which each of the four sides moves by itself, drawn from the crop's id


JITTERS: Mapping[JitterName, Jitter] = MappingProxyType(
    {
        "cut-5": Jitter(padding=0.0, grown=-0.05),
        "padding-0": Jitter(padding=0.0),
        "padding-50": Jitter(padding=0.5),
        "loose-10": Jitter(grown=0.10),
        "loose-25": Jitter(grown=0.25),
        "off-10": Jitter(off_centre=0.10),
        "off-20": Jitter(off_centre=0.20),
        "noise-5": Jitter(noise=0.05),
        "noise-10": Jitter(noise=0.10),
    }
)
"""Boxes that cut into the object, tighter, looser, off its centre and drawn roughly, by name."""


def jittered_window(window: Box, box: Box, jitter: Jitter, crop_id: str) -> Box:
    """Return the window that a jittered box would have given, in the frame of the stored window; it may overhang it.

    What is drawn is drawn from the crop's id, so it is the same for every model.

    Args:
        window: In the frame of the image, in px.
        box: Of the instance, in the same frame.
        jitter: One of `JITTERS`.
        crop_id: Hexadecimal digest.
    """
    words = hashlib.sha256(f"jitter {crop_id}".encode()).digest()
    left, right = _axis(window.left, window.width, box.left, box.width, jitter, words[:6])
    top, bottom = _axis(window.top, window.height, box.top, box.height, jitter, words[6:12])
    return Box(left, top, right - left, bottom - top)


def _axis(start: int, length: int, box_start: int, box_length: int, jitter: Jitter, words: bytes) -> tuple[int, int]:
    before, after = box_start - start, start + length - box_start - box_length
    shift = jitter.off_centre * box_length * (-1 if words[0] & 1 else 1)
    low = before * (1 - jitter.padding) - (jitter.grown - jitter.noise * _signed(words[2:4])) * box_length + shift
    high = length - after * (1 - jitter.padding) + (jitter.grown + jitter.noise * _signed(words[4:6])) * box_length + shift
    first = math.floor(low)
    return first, max(math.ceil(high), first + 1)


def _signed(word: bytes) -> float:
    """Return a number from -1 to 1."""
    return 2 * int.from_bytes(word, "big") / (_DRAWN - 1) - 1
