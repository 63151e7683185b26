"""Decodes label maps to ids: gray, palette, 16-bit or coded by colour."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.images import ImageRefusedError, read_header
from jobs.sources.rasters.png_maps import decode_plain_png
from jobs.sources.records import Rejected
from lake.reasons import Reason

IdMap = NDArray[np.int32]
"""(H, W) int32, an id or a colour (0xRRGGBB) a pixel."""
LARGEST_MAP = 1 << 27
"""Pixels of a label map or a mask: its ids take 4 bytes each, several times over, which an image's samples do not."""
_FAULTS = (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, RuntimeError, MemoryError)


def decode_index_map(data: bytes) -> NDArray[Any]:
    """Decode a map whose samples are ids: gray, palette (its indices, not its colours), 1 bit or 16 bit.

    Returns:
        (H, W) uint8, uint16 or int32.

    Raises:
        ImageRefusedError: It is no image, too large, cut off, or has several channels.
    """
    values = _decode(data)
    if values.ndim != 2:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"expected a label map of one channel, got {values.shape[2]}")
    return values if values.dtype in (np.uint8, np.uint16) else values.astype(np.int32)


def decode_colour_map(data: bytes) -> IdMap:
    """Decode a map coded by colour: 0xRRGGBB as one number; alpha is dropped.

    Returns:
        (H, W) int32.

    Raises:
        ImageRefusedError: It is no image, too large, cut off, or has no three channels.
    """
    values = _decode(data)
    if values.ndim != 3 or values.shape[2] < 3 or values.dtype != np.uint8:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, "expected a map of 8-bit red, green and blue")
    red, green, blue = (values[:, :, channel].astype(np.int32) for channel in range(3))
    return red << 16 | green << 8 | blue


def is_coloured(data: bytes) -> bool:
    """Say whether a map has several channels.

    Raises:
        ImageRefusedError: It is no image, or too large.
    """
    return read_header(data).mode in ("RGB", "RGBA")


def refused(ref: str, error: ImageRefusedError) -> Rejected:
    """Turn a refused label map into a reject of its record."""
    return Rejected(ref, error.reason, f"label map: {error}")


def _decode(data: bytes) -> NDArray[np.generic]:
    header = read_header(data, pixel_budget=LARGEST_MAP)
    if header.format not in ("png", "bmp", "tiff", "gif"):
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"a label map needs a lossless format, got {header.format}")
    if header.format == "png" and (plain := decode_plain_png(data)) is not None:
        return plain
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=(header.format,)) as image:
                return np.asarray(image)
    except (*_FAULTS, Warning) as error:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"{type(error).__name__}: {error}") from None
