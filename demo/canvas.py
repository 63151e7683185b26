"""Lays things over one another on an image, with their shadows, and keeps count of what is still seen of each."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from demo.sprites import Sprite

_KEPT = 0.5  # share of a thing that must stay visible


@dataclass(slots=True)
class Canvas:
    """An image in the making: float32 RGB (H, W, 3), the number of the thing seen at each pixel, areas by number."""

    pixels: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.uint16]
    full: dict[int, int]  # pixels of each thing when it was laid
    seen: dict[int, int]  # pixels of it now


def _overlap(canvas: Canvas, sprite: Sprite, left: int, top: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where sprite and canvas meet: rows and columns of the canvas, then of the sprite."""
    height, width = canvas.numbers.shape
    h, w = sprite.coverage.shape
    y0, y1, x0, x1 = max(0, top), max(0, min(height, top + h)), max(0, left), max(0, min(width, left + w))
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, max(y0, y1) - top), slice(x0 - left, max(x0, x1) - left))


def may_lie(canvas: Canvas, sprite: Sprite, left: int, top: int, *, least: float) -> bool:
    """Whether a thing may be laid there: enough of it is seen, and enough stays of each that it hides.

    Args:
        canvas: What lies already.
        sprite: The thing.
        left: Of the sprite, px.
        top: Of the sprite, px.
        least: Share of the image's area that must be seen of it.
    """
    on_canvas, on_sprite = _overlap(canvas, sprite, left, top)
    solid = sprite.coverage >= 0.5
    mask = solid[on_sprite]
    visible = int(np.count_nonzero(mask))
    if visible < 0.6 * np.count_nonzero(solid) or visible < least * canvas.numbers.size:
        return False
    hidden = np.bincount(canvas.numbers[on_canvas][mask])
    return all(canvas.seen[n] - int(hidden[n]) >= _KEPT * canvas.full[n] for n in np.flatnonzero(hidden).tolist() if n)


def paste(canvas: Canvas, sprite: Sprite, left: int, top: int, number: int) -> None:
    """Lay a thing on the canvas under its number."""
    on_canvas, on_sprite = _overlap(canvas, sprite, left, top)
    alpha = sprite.coverage[on_sprite]
    target = canvas.pixels[on_canvas]
    target += (sprite.pixels[on_sprite] - target) * alpha[..., None]
    mask = alpha >= 0.5
    numbers = canvas.numbers[on_canvas]
    for other, hidden in enumerate(np.bincount(numbers[mask]).tolist()):
        if other and hidden:
            canvas.seen[other] -= hidden
    numbers[mask] = number
    canvas.full[number] = canvas.full.get(number, 0) + int(np.count_nonzero(mask))
    canvas.seen[number] = canvas.seen.get(number, 0) + int(np.count_nonzero(mask))


def cast(canvas: Canvas, sprite: Sprite, light: tuple[float, float], stance: str, corner: tuple[int, int], tall: float) -> None:
    """Darken what the thing's shadow falls on."""
    h, w = sprite.coverage.shape
    soft = max(1.0, tall * 0.018)
    if stance == "stand":
        squash, lean = 0.26, -light[0] * 0.45
        feet = sprite.feet[1]
        aside, pad = int(abs(lean) * h + 4 * soft) + 2, int(4 * soft) + 2
        matrix = np.array([[1, -lean, aside + lean * feet], [0, squash, pad]])
        size, offset = (w + 2 * aside, int(h * squash) + 2 * pad), (-aside, round(feet * (1 - squash)) - pad)
        strength = 0.5
    else:
        pad = int(6 * soft) + 2
        shift = tall * (0.035 if stance == "lie" else 0.06)
        matrix = np.array([[1, 0, pad - light[0] * shift], [0, 1, pad - light[1] * shift]])
        size, offset = (w + 2 * pad, h + 2 * pad), (-pad, -pad)
        strength = 0.45
    shadow: Any = cv2.warpAffine(sprite.coverage, matrix, size)
    shadow = cv2.GaussianBlur(shadow, (0, 0), soft)
    cloak = Sprite(sprite.pixels, shadow, sprite.feet)
    on_canvas, on_shadow = _overlap(canvas, cloak, corner[0] + offset[0], corner[1] + offset[1])
    canvas.pixels[on_canvas] *= (1 - np.float32(strength) * shadow[on_shadow])[..., None]
