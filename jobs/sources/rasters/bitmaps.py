"""Decodes masks that exports pack as PNG, base64 or run lengths, within the limits of an image."""

import io
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.images import ImageRefusedError, read_header
from jobs.sources.fields.addresses import decode_base64
from jobs.sources.rasters.label_maps import LARGEST_MAP
from lake.errors import InputError

LARGEST_BITMAP = 64 << 20
"""Bytes of one packed mask, before and after inflating."""
_PNG = b"\x89PNG"
_FAULTS = (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, RuntimeError, MemoryError)


class MalformedBitmapError(InputError):
    """A packed mask is not what its format says."""


def png_mask(data: bytes, colour: tuple[int, int, int] | None = None) -> NDArray[np.bool_]:
    """Decode a mask image: its alpha channel where it has one, else every sample that is not 0.

    Args:
        data: The PNG file.
        colour: Red, green and blue of the mask, 0 to 255, where several masks share the image.

    Returns:
        (H, W) bool.

    Raises:
        MalformedBitmapError: It is no PNG image, is cut off, or too large.
    """
    try:
        header = read_header(data, pixel_budget=LARGEST_MAP)
    except ImageRefusedError as error:
        raise MalformedBitmapError(f"mask: {error}") from None
    if header.format != "png":
        raise MalformedBitmapError(f"expected a mask as PNG, got {header.format}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=("png",)) as image:
                if colour is not None:
                    return np.asarray((np.asarray(image.convert("RGB")) == np.array(colour)).all(axis=2), bool)
                if image.mode in ("RGBA", "LA") or "transparency" in image.info:
                    return np.asarray(image.convert("RGBA"))[:, :, 3] > 0
                values = np.asarray(image)
    except (*_FAULTS, Warning) as error:
        raise MalformedBitmapError(f"mask: {type(error).__name__}: {error}") from None
    return np.asarray(values > 0 if values.ndim == 2 else (values > 0).any(axis=2), bool)


def base64_png_mask(coded: object, *, inflate: bool = False) -> NDArray[np.bool_]:
    """Decode a mask image in base64.

    Args:
        coded: The text.
        inflate: Whether the image may be deflated once more.

    Returns:
        (H, W) bool.

    Raises:
        MalformedBitmapError: See `png_mask`; or it is not base64, or inflates beyond `LARGEST_BITMAP`.
    """
    if not isinstance(coded, str):
        raise MalformedBitmapError(f"expected a mask in base64, got {type(coded).__name__}")
    try:
        data = decode_base64(coded, LARGEST_BITMAP)
    except InputError as error:
        raise MalformedBitmapError(str(error)) from None
    return png_mask(_inflated(data) if inflate and not data.startswith(_PNG) else data)


def run_length_mask(counts: NDArray[np.int64], height: int, width: int) -> NDArray[np.bool_]:
    """Paint run lengths that go row by row, background first.

    Args:
        counts: (R,) int64, pixels of each run.
        height: Of the bitmap, in px.
        width: Of the bitmap, in px.

    Returns:
        (height, width) bool.

    Raises:
        MalformedBitmapError: A length is negative, or they do not fill the bitmap.
    """
    negative = height < 1 or width < 1 or (counts.size > 0 and counts.min() < 0)
    if negative or sum(counts.tolist()) != height * width or height * width > LARGEST_BITMAP * 8:
        raise MalformedBitmapError(f"expected run lengths that fill {width} x {height} px")
    colours = np.zeros(counts.size, bool)
    colours[1::2] = True
    return np.repeat(colours, counts).reshape(height, width)


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        found = inflating.decompress(data, LARGEST_BITMAP)
    except zlib.error as error:
        raise MalformedBitmapError(f"mask: {error}") from None
    if inflating.unconsumed_tail:
        raise MalformedBitmapError(f"a mask inflates to more than {LARGEST_BITMAP:,} bytes")
    return found
