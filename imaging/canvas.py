"""Places a window of any size on a square canvas of one size, and takes logits of that canvas back to the window's size.

Training, prediction and the active tool place windows by these functions, so none of them sees other pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue in 0 to 1. Source: the ImageNet statistics that published U-2-Net weights were trained with."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a window's pixels lie on a square canvas: scaled with their aspect kept, and centred."""

    canvas: int
    left: int
    top: int
    width: int
    height: int


def place(height: int, width: int, canvas: int, *, fill: float = 1.0) -> Placement:
    """Place a window so that its longer side takes `fill` of the canvas.

    Args:
        height: Of the window in px, >= 1.
        width: Of the window in px, >= 1.
        canvas: Side of the canvas in px, >= 1.
        fill: Share of the canvas that the longer side takes, above 0 and at most 1.
    """
    scale = canvas * fill / max(height, width)
    placed_width = min(canvas, max(1, round(width * scale)))
    placed_height = min(canvas, max(1, round(height * scale)))
    left, top = (canvas - placed_width) // 2, (canvas - placed_height) // 2
    return Placement(canvas, left, top, placed_width, placed_height)


def resize(values: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Resize 8-bit values: averaging where they shrink, bilinear where they grow.

    Args:
        values: (H, W) or (H, W, C) uint8.
        height: Of the result in px.
        width: Of the result in px.
    """
    if values.shape[:2] == (height, width):
        return values
    shrinks = height * width < values.shape[0] * values.shape[1]
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)  # type: ignore[return-value]


def letterbox(pixels: npt.NDArray[np.uint8], placement: Placement) -> npt.NDArray[np.uint8]:
    """Return the canvas with a window placed on it; black elsewhere, as beyond an image's border.

    Args:
        pixels: (H, W, 3) uint8 RGB, the window.
        placement: From `place` with the same H and W.

    Returns:
        (canvas, canvas, 3) uint8 RGB.
    """
    canvas = np.zeros((placement.canvas, placement.canvas, 3), np.uint8)
    rows, columns = inside(placement)
    canvas[rows, columns] = resize(pixels, placement.height, placement.width)
    return canvas


def inside(placement: Placement) -> tuple[slice, slice]:
    """Return the rows and the columns of the canvas that the window takes."""
    rows = slice(placement.top, placement.top + placement.height)
    return rows, slice(placement.left, placement.left + placement.width)


def restore(logits: npt.NDArray[np.float32], placement: Placement, height: int, width: int) -> npt.NDArray[np.float32]:
    """Return a canvas' logits at the window's own size, bilinear in logits.

    A bilinear map of logits crosses zero at a sub-pixel position, so an outline does not follow the canvas' grid.

    Args:
        logits: (canvas, canvas) float32.
        placement: That the canvas was made with.
        height: Of the window in px.
        width: Of the window in px.
    """
    placed = np.ascontiguousarray(logits[inside(placement)])
    return np.asarray(cv2.resize(placed, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def normalise(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return (…, 3) uint8 RGB as float32 with ImageNet's mean and deviation taken out.

    Args:
        pixels: (H, W, 3) uint8 RGB, or (N, H, W, 3).
    """
    scaled = pixels.astype(np.float32) / 255.0
    return np.asarray((scaled - np.asarray(MEAN, np.float32)) / np.asarray(DEVIATION, np.float32), np.float32)
