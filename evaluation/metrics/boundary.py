"""A mask's inner boundary and its dilation by a disc: the dense definition that `evaluation.metrics.packed` must equal."""

import math

import cv2
import numpy as np

from imaging.masks.rle import Mask


def inner_boundary(mask: Mask, valid: Mask | None = None) -> Mask:
    """Return the mask's pixels that have a 4-neighbour outside the mask.

    Neighbours beyond the frame, and ignored neighbours, make no edge; ignored pixels are never boundary.

    Args:
        mask: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored; None when none are.

    Source: evaluation/README.md, section "Edges".
    """
    solid = mask if valid is None else mask | ~valid
    framed = np.pad(solid, 1, constant_values=True)
    inside = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    boundary: Mask = mask & ~inside
    return boundary if valid is None else boundary & valid


def disc_element(radius: int) -> Mask:
    """Return the Euclidean disc `dx² + dy² <= radius²` as a (2 radius + 1, 2 radius + 1) bool array."""
    if radius < 0:
        raise ValueError(f"radius must be >= 0 px, got {radius}")
    offsets = np.arange(-radius, radius + 1)
    element: Mask = offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius * radius
    return element


def half_widths(radius: int) -> list[int]:
    """Return, for each row dy = 0..radius of the disc, its largest dx: the disc is the union of these runs."""
    return [math.isqrt(radius * radius - dy * dy) for dy in range(radius + 1)]


def dilate(mask: Mask, radius: int) -> Mask:
    """Dilate a mask by the disc of `radius` pixels, inside its frame.

    Args:
        mask: (H, W) bool.
        radius: Pixels, >= 0; it may exceed the frame.
    """
    grown: Mask = cv2.dilate(mask.view(np.uint8), disc_element(radius).view(np.uint8)).view(np.bool_)
    return grown


def relative_radius(box_width: float, box_height: float) -> int:
    """Return the tolerance that grows with the object: ceil(.0075 × the box's diagonal), in whole pixels."""
    return math.ceil(0.0075 * math.hypot(box_width, box_height))
