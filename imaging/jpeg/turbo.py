"""libjpeg-turbo 3 through ctypes: decode, encode, and crop JPEG data in the coefficient domain.

The library is the one inside the `turbojpeg` wheel. Decoding uses its defaults, as Pillow does: the accurate integer
DCT and fancy upsampling. Every call takes a fresh handle: after a progressive image, a transform handle that is used
again corrupts the next images and reports no error.

Source: turbojpeg.h of libjpeg-turbo 3.0 (constants and structures).
"""

import ctypes
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np

from imaging.images import Pixels
from imaging.orientation import Box
from lake.errors import InputError

_COMPRESS, _DECOMPRESS, _TRANSFORM = 0, 1, 2
_QUALITY, _SUBSAMPLING, _WIDTH, _HEIGHT, _SCAN_LIMIT = 3, 4, 5, 6, 13
_NO_SUBSAMPLING = 0
_RGB = 0
_CROP, _COPY_NONE = 4, 64
_WARNING = 0
_SCANS = 500
"""Scans that a progressive file may have; more is an attack on the reader's time."""


class JpegRefusedError(InputError):
    """libjpeg-turbo cannot read the data, or cannot transform it without loss."""


class _Transform(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("left", "top", "width", "height", "operation", "options")),
        *((name, ctypes.c_void_p) for name in ("data", "custom_filter")),
    )


def decode_jpeg(data: bytes) -> Pixels:
    """Decode JPEG data of one or three components.

    Args:
        data: A whole JPEG file.

    Returns:
        (H, W, 3) uint8 RGB in the stored frame, equal to Pillow's.

    Raises:
        JpegRefusedError: The data are cut off or corrupt.
    """
    library = _library()
    with _handle(_DECOMPRESS) as handle:
        _check(handle, library.tj3DecompressHeader(handle, data, len(data)))
        height, width = library.tj3Get(handle, _HEIGHT), library.tj3Get(handle, _WIDTH)
        if height < 1 or width < 1:
            raise JpegRefusedError("libjpeg-turbo refused the JPEG data: no frame header was found")
        pixels = np.empty((height, width, 3), np.uint8)
        _check(handle, library.tj3Decompress8(handle, data, len(data), pixels.ctypes.data, 3 * width, _RGB))
    return pixels


def encode_jpeg(pixels: Pixels, *, quality: int) -> bytes:
    """Encode pixels as a baseline JPEG without chroma subsampling.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        quality: 1 to 100.
    """
    library = _library()
    pixels = np.ascontiguousarray(pixels)
    height, width, _ = pixels.shape
    buffer, size = ctypes.c_void_p(), ctypes.c_size_t()
    with _handle(_COMPRESS) as handle:
        library.tj3Set(handle, _QUALITY, quality)
        library.tj3Set(handle, _SUBSAMPLING, _NO_SUBSAMPLING)
        target = ctypes.byref(buffer), ctypes.byref(size)
        try:
            _check(handle, library.tj3Compress8(handle, pixels.ctypes.data, width, 3 * width, height, _RGB, *target))
            return ctypes.string_at(buffer, size.value)
        finally:
            library.tj3Free(buffer)


def crop_jpeg(data: bytes, blocks: Sequence[Box]) -> list[bytes]:
    """Crop JPEG data without decoding them, all blocks in one pass.

    Args:
        data: A whole JPEG file.
        blocks: In px of the stored frame; left and top are multiples of the file's MCU.

    Returns:
        One baseline JPEG file a block, of the source's own coefficients and without metadata.

    Raises:
        JpegRefusedError: The data are cut off or corrupt, or the sampling has no lossless crop.
    """
    library = _library()
    count = len(blocks)
    buffers, sizes = (ctypes.c_void_p * count)(), (ctypes.c_size_t * count)()
    wanted = (_Transform * count)(*(_Transform(*block, 0, _CROP | _COPY_NONE, None, None) for block in blocks))
    with _handle(_TRANSFORM) as handle:
        library.tj3Set(handle, _SCAN_LIMIT, _SCANS)
        try:
            _check(handle, library.tj3Transform(handle, data, len(data), count, buffers, sizes, wanted))
            if not all(sizes):
                raise JpegRefusedError("libjpeg-turbo refused the JPEG data: a block came out empty")
            return [ctypes.string_at(buffer, size) for buffer, size in zip(buffers, sizes, strict=True)]
        finally:
            for buffer in buffers:
                library.tj3Free(buffer)


@contextmanager
def _handle(kind: int) -> Iterator[int]:
    library = _library()
    # A thread's last message outlives its handle, and a call without a fault leaves it: put a harmless one in its place.
    library.tj3Set(None, _QUALITY, 1)
    handle = library.tj3Init(kind)
    if not handle:
        raise MemoryError("libjpeg-turbo could not make a handle")
    try:
        yield handle
    finally:
        library.tj3Destroy(handle)


def _check(handle: int, outcome: int) -> None:
    library = _library()
    message = str(library.tj3GetErrorStr(handle), "utf-8", "replace")
    # Warnings leave a whole image, except this one, which fills what is missing with gray and may come without -1.
    if "Premature end" in message or (outcome and library.tj3GetErrorCode(handle) != _WARNING):
        raise JpegRefusedError(f"libjpeg-turbo refused the JPEG data: {message}")


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(_library_path()))
    pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    for name, returned, arguments in (
        ("tj3Init", pointer, [number]),
        ("tj3Destroy", None, [pointer]),
        ("tj3Free", None, [pointer]),
        ("tj3Set", number, [pointer, number, number]),
        ("tj3Get", number, [pointer, number]),
        ("tj3GetErrorStr", ctypes.c_char_p, [pointer]),
        ("tj3GetErrorCode", number, [pointer]),
        ("tj3DecompressHeader", number, [pointer, ctypes.c_char_p, size]),
        ("tj3Decompress8", number, [pointer, ctypes.c_char_p, size, pointer, number, number]),
        ("tj3Compress8", number, [pointer, pointer, number, number, number, number, pointer, pointer]),
        ("tj3Transform", number, [pointer, ctypes.c_char_p, size, number, pointer, pointer, pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = returned, arguments
    return library


def _library_path() -> Path:
    try:
        found = [file for file in files("turbojpeg") or () if "libturbojpeg" in file.name or file.name == "turbojpeg.dll"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise ImportError("expected libjpeg-turbo 3 inside the package turbojpeg; run `pip install turbojpeg==0.0.2`")
    return Path(str(found[0].locate()))
