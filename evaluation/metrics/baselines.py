"""Masks that any model must beat (the box and its ellipse), and ceilings that no low resolution can beat."""

from collections.abc import Mapping

import cv2
import numpy as np

from imaging.masks.rle import Mask

BASELINES = ("floor-box", "floor-ellipse")
CEILINGS: Mapping[str, int] = {"ceiling-half": 2, "ceiling-quarter": 4, "ceiling-eighth": 8}
"""The truth at a half, a quarter and an eighth of its resolution, by the name it is scored under."""


def reference_mask(name: str, truth: Mask, box: tuple[int, int, int, int]) -> Mask:
    """Return the mask that a baseline or ceiling predicts.

    Args:
        name: One of `BASELINES` or `CEILINGS`.
        truth: (H, W) bool.
        box: x, y, width, height of the instance's box in the mask's frame; it may overhang it.

    Raises:
        ValueError: The name is neither a baseline nor a ceiling.
    """
    if name == "floor-box":
        return filled_box(truth.shape, box)
    if name == "floor-ellipse":
        return inscribed_ellipse(truth.shape, box)
    if name in CEILINGS:
        return at_resolution(truth, CEILINGS[name])
    raise ValueError(f"expected one of {[*BASELINES, *CEILINGS]}, got {name!r}")


def filled_box(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> Mask:
    """Return the box as a mask of `shape`, what overhangs cut off."""
    x, y, width, height = box
    mask = np.zeros(shape, dtype=np.bool_)
    mask[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = True
    return mask


def inscribed_ellipse(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> Mask:
    """Return the pixels whose centres lie in the ellipse that touches the box's four sides."""
    x, y, width, height = box
    columns = (np.arange(shape[1]) + 0.5 - x - width / 2) / (width / 2)
    rows = (np.arange(shape[0]) + 0.5 - y - height / 2) / (height / 2)
    mask: Mask = rows[:, None] ** 2 + columns[None, :] ** 2 <= 1
    return mask


def at_resolution(truth: Mask, factor: int) -> Mask:
    """Return the mask averaged down by `factor`, drawn up again bilinearly and cut at one half.

    Args:
        truth: (H, W) bool.
        factor: Of either side, >= 1.
    """
    height, width = truth.shape
    small = (-(-width // factor), -(-height // factor))
    averaged = cv2.resize(truth.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    mask: Mask = cv2.resize(averaged, (width, height), interpolation=cv2.INTER_LINEAR) >= 0.5
    return mask
