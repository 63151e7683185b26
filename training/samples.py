"""Crops as samples of the network: pixels on the canvas, the soft mask of the instance, and which pixels count."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.canvas import inside, letterbox, place, resize
from imaging.crop_codec import OpenCrop, open_crop
from training.augmentation import Change, relit, trimmed

SAMPLE_COLUMNS = (
    "crop_id",
    "instance_id",
    "pixel_codec",
    "pixels",
    "block_left",
    "block_top",
    "orientation",
    "window_left",
    "window_top",
    "window_width",
    "window_height",
    "image_width",
    "image_height",
    "mask_codec",
    "mask",
    "ignore",
)
"""What of a crop's row a sample is made of; nothing else is read while training."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One crop on the canvas."""

    pixels: npt.NDArray[np.uint8]  # (S, S, 3) RGB
    soft_mask: npt.NDArray[np.uint8]  # (S, S), 255 where the instance covers the whole pixel
    valid: npt.NDArray[np.bool_]  # (S, S), False beyond the window and wherever an ignored pixel reaches


def read_sample(row: Mapping[str, Any], canvas: int, change: Change | None) -> Sample:
    """Decode a row of `crops` and place it on the canvas, changed where a change is given.

    Args:
        row: At least the `SAMPLE_COLUMNS` of one crop.
        canvas: Side of the canvas in px.
        change: The augmentation; None leaves the window as it is.

    Raises:
        DamagedCropError: The row does not open.
    """
    crop = open_crop(row)
    if change is None:
        return _placed(crop.pixels, crop.mask, crop.ignore, canvas, 1.0)
    changed = _changed(crop, change)
    return _placed(relit(change, changed.pixels), changed.mask, changed.ignore, canvas, change.fill)


def _changed(crop: OpenCrop, change: Change) -> OpenCrop:
    height, width = crop.mask.shape
    rows, columns = trimmed(change, height, width)
    pixels, mask, ignore = crop.pixels[rows, columns], crop.mask[rows, columns], crop.ignore[rows, columns]
    if change.mirrored:
        pixels, mask, ignore = pixels[:, ::-1], mask[:, ::-1], ignore[:, ::-1]
    return OpenCrop(np.ascontiguousarray(pixels), mask, ignore)


def _placed(
    pixels: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    ignore: npt.NDArray[np.bool_],
    canvas: int,
    fill: float,
) -> Sample:
    placement = place(mask.shape[0], mask.shape[1], canvas, fill=fill)
    rows, columns = inside(placement)
    soft_mask = np.zeros((canvas, canvas), np.uint8)
    soft_mask[rows, columns] = resize(mask.astype(np.uint8) * 255, placement.height, placement.width)
    valid = np.zeros((canvas, canvas), np.bool_)
    valid[rows, columns] = resize(ignore.astype(np.uint8) * 255, placement.height, placement.width) == 0
    return Sample(letterbox(pixels, placement), soft_mask, valid)
