"""Opens rows of `crops`: the window's pixels, mask and ignored region, all in the window's frame.

Decoding the row's `pixels` and turning them by its `orientation` gives a block; the visible part of the window, what of
it lies on the image, stands in that block at `(block_left, block_top)`, and is all that `mask` and `ignore` cover.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from imaging.images import PILLOW_FAULTS, Pixels
from imaging.jpeg.turbo import JpegRefusedError, decode_jpeg
from imaging.masks import masks
from imaging.masks.rle import MalformedMaskError, Mask
from imaging.orientation import Box, orient
from lake.errors import ContractError, DamagedFileError

JPEG_BLOCK, PNG, JPEG_95 = "jpeg-block", "png", "jpeg-95"
COCO_RLE = "coco-rle"


class DamagedCropError(DamagedFileError):
    """The pixels or masks of a crop's row do not open."""


@dataclass(frozen=True, slots=True)
class OpenCrop:
    """A crop in the frame of its window; what overhangs the image is black and ignored."""

    pixels: Pixels  # (h, w, 3) RGB
    mask: Mask  # (h, w)
    ignore: Mask  # (h, w)


def open_crop(row: Mapping[str, Any]) -> OpenCrop:
    """Decode one crop.

    Args:
        row: The columns `window_*`, `image_width`, `image_height`, `pixel_codec`, `pixels`, `block_left`, `block_top`,
            `orientation`, `mask_codec`, `mask` and `ignore` of `crops`; `crop_id` and `instance_id`, to be named in errors.

    Raises:
        ContractError: A codec is unknown.
        DamagedCropError: Pixels or masks do not open, or the block does not hold the visible part.
    """
    try:
        return _opened(row)
    except (JpegRefusedError, MalformedMaskError, _UnopenedError, UnicodeDecodeError) as error:
        raise DamagedCropError(
            f"crop {row.get('crop_id')!r} of instance {row.get('instance_id')!r} does not open: {error}; "
            "`centrepiece doctor --verify` says which files are damaged, `centrepiece crop` cuts their crops again"
        ) from error


class _UnopenedError(Exception):
    """A block does not open, or does not hold what its row says."""


def _opened(row: Mapping[str, Any]) -> OpenCrop:
    window = Box(row["window_left"], row["window_top"], row["window_width"], row["window_height"])
    visible = visible_part(window, row["image_width"], row["image_height"])
    block = orient(decode_pixels(row["pixel_codec"], row["pixels"]), row["orientation"])
    left, top = row["block_left"], row["block_top"]
    shown = block[top : top + visible.height, left : left + visible.width]
    if shown.shape[:2] != (visible.height, visible.width):
        raise _UnopenedError(
            f"expected {visible.width} x {visible.height} px at ({left}, {top}) of its block, which has {block.shape[1]} x {block.shape[0]}"
        )
    mask = decode_mask(row["mask_codec"], row["mask"], visible.height, visible.width)
    ignored = None if row["ignore"] is None else decode_mask(row["mask_codec"], row["ignore"], visible.height, visible.width)
    if visible == window:
        return OpenCrop(np.ascontiguousarray(shown), mask, np.zeros_like(mask) if ignored is None else ignored)
    return _materialise(window, visible, shown, mask, ignored)


def visible_part(window: Box, image_width: int, image_height: int) -> Box:
    """Return what of a window lies on its image, in px of the image.

    Args:
        window: In px of the image; it may overhang it.
        image_width: In px.
        image_height: In px.

    Raises:
        ValueError: Nothing does.
    """
    left, top = max(window.left, 0), max(window.top, 0)
    right, bottom = min(window.left + window.width, image_width), min(window.top + window.height, image_height)
    if left >= right or top >= bottom:
        raise ValueError(f"expected a window that meets the {image_width} x {image_height} px image, got {tuple(window)}")
    return Box(left, top, right - left, bottom - top)


def decode_pixels(codec: str, data: bytes) -> Pixels:
    """Decode the stored pixels of a block.

    Args:
        codec: JPEG_BLOCK, PNG or JPEG_95.
        data: A whole file of that codec.

    Returns:
        (H, W, 3) uint8 RGB, in the stored frame of the block.

    Raises:
        ContractError: The codec is unknown.
    """
    if codec in (JPEG_BLOCK, JPEG_95):
        return decode_jpeg(data)
    if codec == PNG:
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                return np.asarray(image.convert("RGB"))
        except PILLOW_FAULTS as error:
            raise _UnopenedError(f"{type(error).__name__}: {error}") from error
    raise ContractError(f"expected a pixel codec of {JPEG_BLOCK}, {PNG} or {JPEG_95}, got {codec!r}; a newer centrepiece wrote it")


def decode_mask(codec: str, data: bytes, height: int, width: int) -> Mask:
    """Decode a stored mask.

    Args:
        codec: COCO_RLE.
        data: COCO compressed counts in ASCII.
        height: Of the mask, in px.
        width: Of the mask, in px.

    Returns:
        (height, width) bool.

    Raises:
        ContractError: The codec is unknown.
        MalformedMaskError: The bytes describe no mask of that size.
    """
    if codec != COCO_RLE:
        raise ContractError(f"expected the mask codec {COCO_RLE}, got {codec!r}; a newer centrepiece wrote it")
    return masks.decode(data.decode("ascii"), height, width)


def _materialise(window: Box, visible: Box, shown: Pixels, mask: Mask, ignored: Mask | None) -> OpenCrop:
    left, top = visible.left - window.left, visible.top - window.top
    rows, columns = slice(top, top + visible.height), slice(left, left + visible.width)
    pixels = np.zeros((window.height, window.width, 3), np.uint8)
    whole, ignore = np.zeros(pixels.shape[:2], bool), np.ones(pixels.shape[:2], bool)
    pixels[rows, columns] = shown
    whole[rows, columns] = mask
    ignore[rows, columns] = False if ignored is None else ignored
    return OpenCrop(pixels, whole, ignore)
