"""Draw outlines on crops, and make small images of them that a page can hold."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from markupsafe import Markup

from evaluation.metrics.boundary import inner_boundary
from evaluation.report.rendering import render
from imaging.images import Pixels
from imaging.masks.rle import Mask

TRUTH_COLOUR, CANDIDATE_COLOUR, CHAMPION_COLOUR = (40, 200, 90), (240, 70, 60), (60, 130, 246)
"""Colours of outlines, RGB."""

_SIDE = 296  # drawn at twice the size at which it is shown, for dense screens
_QUALITY = 92  # of WebP: photographs at a fifth of PNG's size


def draw_outlines(
    pixels: Pixels,
    outlines: Sequence[tuple[Mask, tuple[int, int, int]]],
    *,
    ignore: Mask | None = None,
    beyond: Mask | None = None,
    fill: bool = False,
) -> Pixels:
    """Return a crop scaled to about 296 px with outlines drawn two pixels wide after scaling, so that they stay thin.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        outlines: (H, W) bool masks with their colours, the last on top.
        ignore: (H, W) bool, hatched.
        beyond: (H, W) bool, what lies beyond the image: flat gray under the hatching.
        fill: Tint the inside of the first mask.
    """
    scale = _SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    drawn: Pixels = np.asarray(cv2.resize(pixels, size, interpolation=shrinks), dtype=np.uint8)
    if beyond is not None:
        drawn[_scaled(beyond, size)] = (96, 96, 104)
    if ignore is not None:
        stripes = np.add.outer(np.arange(size[1]), np.arange(size[0])) % 14 < 4
        hatched = _scaled(ignore, size) & stripes
        drawn[hatched] = (drawn[hatched] // 3 + np.asarray((150, 130, 30))).astype(np.uint8)
    for place, (mask, colour) in enumerate(outlines):
        inside = _scaled(mask, size)
        if fill and place == 0:
            drawn[inside] = (drawn[inside] * 0.72 + np.asarray(colour) * 0.28).astype(np.uint8)
        edge = inner_boundary(inside)
        drawn[edge | inner_boundary(inside & ~edge)] = colour
    return drawn


def embedded_image(pixels: Pixels, description: str) -> Markup:
    """Return an image as an HTML image that holds its own data.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        description: For those who do not see it.
    """
    done, encoded = cv2.imencode(".webp", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"cannot encode an image of shape {pixels.shape}")
    data = base64.b64encode(encoded.tobytes()).decode("ascii")
    width, height = -(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2)
    return render("image", width=width, height=height, description=description, data=data)


def _scaled(mask: Mask, size: tuple[int, int]) -> Mask:
    scaled: Mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    return scaled
