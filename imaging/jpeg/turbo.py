"""libjpeg-turbo 3 through ctypes: decode, check, encode, and crop JPEG data in the coefficient domain.

The library is the one inside the `turbojpeg` wheel. Decoding uses its defaults, as Pillow does: the accurate integer
DCT and fancy upsampling. What the library only warns of is refused like an error: damage that it has painted over. Every
call takes a fresh handle: after a progressive image, a transform handle that is used again corrupts the next images and
reports no error.

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
_QUALITY, _SUBSAMPLING, _WIDTH, _HEIGHT, _COLOUR_SPACE, _SCAN_LIMIT, _LOSSLESS = 3, 4, 5, 6, 8, 13, 15
_NO_SUBSAMPLING = 0
_RGB, _CMYK = 0, 11
_COLOUR_SPACES_OF_CMYK = (3, 4)
_CROP, _COPY_NONE = 4, 64
_REDUCED = 8  # the least that libjpeg-turbo makes of a block is one pixel
_NO_FAULT = b"tj3Set(): Invalid handle"
"""The message that stands before a call; see `_handle`."""
_SCANS = 500
"""Scans that a progressive file may have; more is an attack on the reader's time."""


class JpegRefusedError(InputError):
    """libjpeg-turbo cannot read the data, warns of them, or cannot transform them without loss."""


class _Scale(ctypes.Structure):
    _fields_ = (("numerator", ctypes.c_int), ("denominator", ctypes.c_int))


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
    with _handle(_DECOMPRESS) as handle:
        height, width = _read_header(handle, data)
        pixels = np.empty((height, width, 3), np.uint8)
        _check(handle, _library().tj3Decompress8(handle, data, len(data), pixels.ctypes.data, 3 * width, _RGB))
    return pixels


def check_jpeg_header(data: bytes) -> tuple[int, int]:
    """Read a JPEG file's header as libjpeg-turbo does, and return the stored height and width in px.

    Args:
        data: A whole JPEG file.

    Raises:
        JpegRefusedError: It is corrupt.
    """
    with _handle(_DECOMPRESS) as handle:
        return _read_header(handle, data)


def check_jpeg(data: bytes) -> None:
    """Read all of a JPEG file, of any kind and number of components, keeping an eighth of its sides.

    Args:
        data: A whole JPEG file.

    Raises:
        JpegRefusedError: It is cut off or corrupt.
    """
    library = _library()
    with _handle(_DECOMPRESS) as handle:
        library.tj3Set(handle, _SCAN_LIMIT, _SCANS)
        height, width = _read_header(handle, data)
        if not library.tj3Get(handle, _LOSSLESS):
            library.tj3SetScalingFactor(handle, _Scale(1, _REDUCED))
            height, width = -(-height // _REDUCED), -(-width // _REDUCED)
        kind = _CMYK if library.tj3Get(handle, _COLOUR_SPACE) in _COLOUR_SPACES_OF_CMYK else _RGB
        channels = 4 if kind == _CMYK else 3
        pixels = np.empty((height, width, channels), np.uint8)
        _check(handle, library.tj3Decompress8(handle, data, len(data), pixels.ctypes.data, channels * width, kind))


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
    # A thread's last message outlives its handle, and a call without a fault leaves it: put a known one in its place.
    library.tj3Set(None, _QUALITY, 1)
    handle = library.tj3Init(kind)
    if not handle:
        raise MemoryError("libjpeg-turbo could not make a handle")
    try:
        yield handle
    finally:
        library.tj3Destroy(handle)


def _read_header(handle: int, data: bytes) -> tuple[int, int]:
    library = _library()
    _check(handle, library.tj3DecompressHeader(handle, data, len(data)))
    height, width = library.tj3Get(handle, _HEIGHT), library.tj3Get(handle, _WIDTH)
    if height < 1 or width < 1:
        raise JpegRefusedError("libjpeg-turbo refused the JPEG data: no frame header was found")
    return height, width


def _check(handle: int, outcome: int) -> None:
    message = _library().tj3GetErrorStr(handle)
    # A missing end is warned of without -1 at times: the message tells.
    if outcome or message != _NO_FAULT:
        raise JpegRefusedError(f"libjpeg-turbo refused the JPEG data: {str(message, 'utf-8', 'replace')}")


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
        ("tj3SetScalingFactor", number, [pointer, _Scale]),
        ("tj3GetErrorStr", ctypes.c_char_p, [pointer]),
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
