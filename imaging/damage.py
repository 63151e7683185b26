"""Finds damage in image files that decoders pass over: each byte that pixels depend on is looked at once, most without decoding.

JPEG data of the common kind are stepped over code by code, which costs a third of a decode; those of other kinds libjpeg-turbo
reads at an eighth of their size. PNG files carry checksums. Other formats have nothing to check by, so they are decoded.

Source: ITU-T T.81, annex F; PNG specification (third edition), section 5.3 (chunks).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from imaging.images import ImageHeader, ImageRefusedError, load_image
from imaging.jpeg.crop import DamagedJpegError, NoEntropyCropError, check_scan
from imaging.jpeg.header import MalformedJpegError, parse_jpeg
from imaging.jpeg.turbo import JpegRefusedError, check_jpeg
from imaging.jpeg.warmup import load_scan
from lake.reasons import Reason

_PNG_SIGNATURE = 8  # bytes
_PNG_END = b"IEND"


class _Chunk(NamedTuple):
    kind: bytes
    start: int  # of its kind, which its checksum covers with the content
    end: int  # of its content


def check_undamaged(data: bytes, header: ImageHeader) -> None:
    """Look for damage in an image file.

    Args:
        data: The whole file.
        header: As `imaging.images.read_header` gave it.

    Raises:
        ImageRefusedError: It is damaged (corrupt-image): its codes are none, libjpeg-turbo warns of it, a checksum does not
            fit, or a decoder ends on it.
    """
    if header.format == "jpeg":
        _check_jpeg(data)
    elif header.format == "png":
        _check_png(data)
    else:
        try:
            load_image(data)
        except ImageRefusedError as error:
            raise _corrupt(str(error)) from error


def _check_jpeg(data: bytes) -> None:
    load_scan()
    try:
        try:
            check_scan(data, parse_jpeg(data))
        except NoEntropyCropError:
            check_jpeg(data)
    except (DamagedJpegError, JpegRefusedError, MalformedJpegError) as error:
        raise _corrupt(str(error)) from error


def _check_png(data: bytes) -> None:
    for chunk in _chunks(data):
        (expected,) = struct.unpack_from(">I", data, chunk.end)
        if zlib.crc32(memoryview(data)[chunk.start : chunk.end]) != expected:
            raise _corrupt(f"the checksum of its PNG chunk {chunk.kind!r} at byte {chunk.start - 4:,} does not fit")
        if chunk.kind == _PNG_END:
            return
    raise _corrupt("its last PNG chunk is cut off")


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks of a PNG file that are whole, with their checksums."""
    position = _PNG_SIGNATURE
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            return
        yield _Chunk(kind, position + 4, end)
        position = end + 4


def _corrupt(detail: str) -> ImageRefusedError:
    return ImageRefusedError(
        Reason.CORRUPT_IMAGE, f"the image is damaged: {detail}; copy it again, or set corrupt_images: keep for its source"
    )
