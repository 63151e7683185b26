"""Crops and masks in, small pictures with outlines drawn on out, as data URIs."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.boundary import Mask, inner_boundary
from evaluation.pages.markup import text

Pixels = NDArray[np.uint8]
TRUTH, CANDIDATE, CHAMPION = (40, 200, 90), (240, 70, 60), (60, 130, 246)
"""Colours of outlines, RGB."""

_SIDE = 168


def outlined(
    pixels: Pixels, outlines: Sequence[tuple[Mask, tuple[int, int, int]]], *, ignore: Mask | None = None, fill: bool = False
) -> Pixels:
    """Return a crop scaled to about 168 px with outlines drawn after scaling, so that they stay one pixel thin.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        outlines: (H, W) bool masks with their colours, the last on top.
        ignore: (H, W) bool, hatched dark.
        fill: Tint the inside of the first mask.
    """
    scale = _SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    drawn: Pixels = np.asarray(cv2.resize(pixels, size, interpolation=shrinks), dtype=np.uint8)
    if ignore is not None:
        hidden = _scaled(ignore, size)
        stripes = (np.add.outer(np.arange(size[1]), np.arange(size[0])) // 4) % 2 == 0
        drawn[hidden & stripes] = drawn[hidden & stripes] // 2 + 40
    for place, (mask, colour) in enumerate(outlines):
        inside = _scaled(mask, size)
        if fill and place == 0:
            drawn[inside] = (drawn[inside] * 0.7 + np.asarray(colour) * 0.3).astype(np.uint8)
        drawn[inner_boundary(inside)] = colour
    return drawn


def image(pixels: Pixels, description: str) -> str:
    """Return a picture as an HTML image that holds its own data.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        description: For those who do not see it.
    """
    done, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError(f"cannot encode a picture of shape {pixels.shape}")
    data = base64.b64encode(encoded.tobytes()).decode("ascii")
    size = f'width="{pixels.shape[1]}" height="{pixels.shape[0]}"'
    return f'<img {size} alt="{text(description)}" src="data:image/png;base64,{data}">'


def _scaled(mask: Mask, size: tuple[int, int]) -> Mask:
    scaled: Mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    return scaled
