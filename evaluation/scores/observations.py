"""The masks of an instance in its window's frame, from a row of `crops` and one of `predictions`; pixels are never read."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.instance import Observation
from imaging.crop_codec import decode_mask, visible_part
from imaging.masks.rle import Mask
from imaging.orientation import Box
from lake.contracts import Crop
from lake.errors import ContractError

CROP_COLUMNS = tuple(name for name in Crop.__slots__ if name not in ("pixels", "pixel_codec", "block_left", "block_top"))
"""What scoring reads of a crop: all but its pixels."""


def window_masks(crop: Mapping[str, Any]) -> tuple[Mask, Mask]:
    """Return the true mask and the ignored pixels of a crop, each (window_height, window_width) bool.

    What overhangs the image is ignored.
    """
    window = Box(crop["window_left"], crop["window_top"], crop["window_width"], crop["window_height"])
    visible = visible_part(window, crop["image_width"], crop["image_height"])
    top, left = visible.top - window.top, visible.left - window.left
    inside = (slice(top, top + visible.height), slice(left, left + visible.width))
    truth = np.zeros((window.height, window.width), dtype=np.bool_)
    ignore = np.ones_like(truth)
    truth[inside] = decode_mask(crop["mask_codec"], crop["mask"], visible.height, visible.width)
    ignore[inside] = False
    if crop["ignore"] is not None:
        ignore[inside] = decode_mask(crop["mask_codec"], crop["ignore"], visible.height, visible.width)
    return truth, ignore


def beyond_image(crop: Mapping[str, Any]) -> Mask:
    """Return the pixels of a crop's window that lie beyond its image, (window_height, window_width) bool."""
    window = Box(crop["window_left"], crop["window_top"], crop["window_width"], crop["window_height"])
    visible = visible_part(window, crop["image_width"], crop["image_height"])
    top, left = visible.top - window.top, visible.left - window.left
    beyond = np.ones((window.height, window.width), dtype=np.bool_)
    beyond[top : top + visible.height, left : left + visible.width] = False
    return beyond


def window_box(crop: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return the instance's box as x, y, width, height in the frame of its window; it may overhang it."""
    return crop["box_x"] - crop["window_left"], crop["box_y"] - crop["window_top"], crop["box_width"], crop["box_height"]


def decode_levels(codec: str, data: bytes, shape: tuple[int, int], crop_id: str) -> NDArray[np.uint8]:
    """Decode a prediction to (window_height, window_width) uint8 levels, 255 for certain.

    Raises:
        ContractError: The codec is unknown, or the map has another size than the crop's window.
    """
    if codec != "png":
        raise ContractError(f"prediction of crop {crop_id}: expected the probability codec png, got {codec!r}")
    levels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.dtype != np.uint8 or levels.shape != shape:
        came = None if levels is None else (levels.shape, str(levels.dtype))
        raise ContractError(f"prediction of crop {crop_id}: expected an 8-bit gray PNG of {shape} px (h, w), got {came}; run predict again")
    return np.asarray(levels)


def observe(crop: Mapping[str, Any], levels: NDArray[np.uint8], truth: Mask, ignore: Mask) -> Observation:
    """Return what the metrics take of one crop and one map over its window.

    Args:
        crop: The columns `CROP_COLUMNS`.
        levels: (H, W) uint8, the probability of each pixel of the window; 255 is 1.
        truth: (H, W) bool, the instance.
        ignore: (H, W) bool, pixels that count for nothing.
    """
    return Observation(levels, truth, ignore, (crop["box_width"], crop["box_height"]))
