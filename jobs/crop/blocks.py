"""The pixels of crops as they are stored: the source's own JPEG data where it can be, else without loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.crop_codec import JPEG_95, JPEG_BLOCK, PNG
from imaging.images import ImageHeader, ImageRefusedError, decode_windows, is_jpeg, jpeg_image_header, read_header, within_budget
from imaging.jpeg.crop import DamagedJpegError, NoEntropyCropError, baseline_crop, entropy_crop
from imaging.jpeg.header import JpegHeader, MalformedJpegError, parse_jpeg
from imaging.jpeg.progression import has_all_scans
from imaging.jpeg.turbo import JpegRefusedError, encode_jpeg
from imaging.orientation import Box, displayed_box, stored_box
from lake.reasons import Reason

MARGIN = 2
"""Pixels by which a box grows before it is widened to whole MCUs: chroma upsampling reaches that far over an edge."""

PNG_LEVEL = 1
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class PixelBlock:
    """Stored pixels that hold one box, at `(left, top)` once they are decoded and turned."""

    codec: str
    data: bytes
    left: int
    top: int
    orientation: int  # to apply after decoding


def cut_blocks(data: bytes, boxes: Sequence[Box], *, lossless: bool) -> list[PixelBlock]:
    """Cut every box of an image in one pass.

    Args:
        data: The image's file.
        boxes: In px of the displayed image, on it.
        lossless: Keep the source's pixels exactly; else re-encode them as JPEG of quality 95.

    Raises:
        ImageRefusedError: The image cannot be decoded.
    """
    stored = _stored_header(data)
    header = within_budget(jpeg_image_header(stored)) if stored else read_header(data)
    if lossless and stored and header.mode in ("L", "RGB"):
        try:
            return _jpeg_blocks(data, header, stored, boxes)
        except (DamagedJpegError, JpegRefusedError, NoEntropyCropError):
            # Odd sampling, scans that do not give all, or damage that its source keeps: no code of it is copied. Pixels are what
            # the decoder below makes of them, or nothing.
            pass
    cut = decode_windows(data, header, boxes)
    if lossless:
        return [PixelBlock(PNG, _png(part), 0, 0, 1) for part in cut]
    return [PixelBlock(JPEG_95, encode_jpeg(part, quality=JPEG_QUALITY), 0, 0, 1) for part in cut]


def mcu_block(box: Box, header: JpegHeader) -> Box:
    """Return the smallest block of whole MCUs whose decoded pixels equal the whole image's inside a box.

    Args:
        box: In px of the stored image.
        header: Of the image.
    """
    left, right = _aligned(box.left, box.left + box.width, header.mcu_width, header.width)
    top, bottom = _aligned(box.top, box.top + box.height, header.mcu_height, header.height)
    # libjpeg upsamples chroma of at most two columns otherwise than wider chroma.
    if right - left < header.mcu_width and left:
        left -= header.mcu_width
    return Box(left, top, right - left, bottom - top)


def _aligned(start: int, end: int, step: int, limit: int) -> tuple[int, int]:
    return max(start - MARGIN, 0) // step * step, min(-(-(end + MARGIN) // step) * step, limit)


def _stored_header(data: bytes) -> JpegHeader | None:
    try:
        return parse_jpeg(data) if is_jpeg(data) else None
    except MalformedJpegError as error:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, str(error)) from error


def _jpeg_blocks(data: bytes, header: ImageHeader, stored: JpegHeader, boxes: Sequence[Box]) -> list[PixelBlock]:
    turn = (header.width, header.height, header.orientation)
    blocks = [mcu_block(stored_box(box, *turn), stored) for box in boxes]
    try:
        contents = entropy_crop(data, stored, blocks)
    except NoEntropyCropError:
        if not has_all_scans(data, stored):
            raise
        contents = baseline_crop(data, stored, blocks)
    cut = []
    for box, block, content in zip(boxes, blocks, contents, strict=True):
        shown = displayed_box(block, *turn)
        cut.append(PixelBlock(JPEG_BLOCK, content, box.left - shown.left, box.top - shown.top, header.orientation))
    return cut


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", pixels[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])[1])
