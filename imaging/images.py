"""Reads image files: the header first, which decides, then RGB pixels in the displayed frame.

What an image is comes from its bytes, never from its name. Eight bits a channel come out: of 16-bit samples the high
byte, palettes looked up, gray repeated, alpha dropped (not composited), CMYK as Pillow converts it, no colour profile.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageFile, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from imaging.jpeg.header import JpegHeader, MalformedJpegError, parse_jpeg
from imaging.orientation import Box, exif_orientation, is_turned, orient, stored_box
from lake.errors import InputError
from lake.reasons import Reason

Pixels = npt.NDArray[np.uint8]

PIXEL_BUDGET = 1 << 29
"""Pixels of an image that are decoded at most: 1.5 GiB as RGB, and more than 20,000 x 20,000."""

_SIGNATURES: tuple[tuple[bytes, str, Any], ...] = (
    (b"\xff\xd8\xff", "jpeg", JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", "png", PngImagePlugin.PngImageFile),
    (b"BM", "bmp", BmpImagePlugin.BmpImageFile),
    (b"II*\0", "tiff", TiffImagePlugin.TiffImageFile),
    (b"MM\0*", "tiff", TiffImagePlugin.TiffImageFile),
    (b"GIF87a", "gif", GifImagePlugin.GifImageFile),
    (b"GIF89a", "gif", GifImagePlugin.GifImageFile),
)
PILLOW_FAULTS = (
    *(OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OverflowError),
    *(RuntimeError, struct.error, zlib.error, MemoryError, Warning),
)
"""What Pillow raises on files that are damaged, or none of its kind."""

_DEEP = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_REFUSED_MODES = frozenset({"I", "F"})


class ImageRefusedError(InputError):
    """An image is not decoded; `reason` says why, from the closed list."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ImageHeader(NamedTuple):
    """What an image's header says; sizes in px of the displayed frame."""

    format: str  # jpeg, png, bmp, tiff, gif or webp
    mode: str  # Pillow's mode of the stored pixels
    width: int
    height: int
    orientation: int  # EXIF, 1 to 8


def read_header(data: bytes, *, pixel_budget: int = PIXEL_BUDGET) -> ImageHeader:
    """Read an image's header and check its size, without decoding any pixel.

    Args:
        data: The whole file.
        pixel_budget: Pixels that may be decoded at most.

    Raises:
        ImageRefusedError: No known format, a broken header (undecodable-image), or too many pixels (image-too-large).
    """
    if is_jpeg(data):
        header = jpeg_image_header(_parsed(data))
    else:
        try:
            with _open(data) as image:
                header = _pillow_header(image)
        except PILLOW_FAULTS as error:
            raise _undecodable(error) from error
    return within_budget(header, pixel_budget)


def is_jpeg(data: bytes) -> bool:
    """Say whether a file begins as JPEG files do."""
    return data[:3] == b"\xff\xd8\xff"


def within_budget(header: ImageHeader, pixel_budget: int = PIXEL_BUDGET) -> ImageHeader:
    """Return a header whose pixels may be decoded.

    Args:
        header: Of the image.
        pixel_budget: Pixels that may be decoded at most.

    Raises:
        ImageRefusedError: It has more than the budget (image-too-large).
    """
    if header.width * header.height > pixel_budget:
        raise ImageRefusedError(
            Reason.IMAGE_TOO_LARGE,
            f"the header says {header.width:,} x {header.height:,} px, more than the budget of {pixel_budget:,} px",
        )
    return header


def decode_image(data: bytes, header: ImageHeader) -> Pixels:
    """Decode an image whole.

    Args:
        data: The whole file.
        header: As `read_header` gave it.

    Returns:
        (height, width, 3) uint8 RGB in the displayed frame.

    Raises:
        ImageRefusedError: The data are cut off or corrupt, or of a kind that has no 8-bit RGB (undecodable-image).
    """
    return decode_windows(data, header, [Box(0, 0, header.width, header.height)])[0]


def decode_windows(data: bytes, header: ImageHeader, boxes: Sequence[Box]) -> list[Pixels]:
    """Decode an image once, and convert only what lies in some boxes.

    Args:
        data: The whole file.
        header: As `read_header` gave it.
        boxes: In px of the displayed image, on it.

    Returns:
        (height, width, 3) uint8 RGB of each box, in the displayed frame.

    Raises:
        ImageRefusedError: As `decode_image` does.
    """
    turned = 1 if header.format == "tiff" else header.orientation  # Pillow turns those itself
    displayed = header.width, header.height
    try:
        with _open(data) as image:
            image.load()
            found = image.size[::-1] if is_turned(turned) else image.size
            cut = [_rgb(_part(image, stored_box(box, *displayed, turned))) for box in boxes] if found == displayed else []
    except PILLOW_FAULTS as error:
        raise _undecodable(error) from error
    if found != displayed:
        raise ImageRefusedError(
            Reason.UNDECODABLE_IMAGE,
            f"the header says {header.width} x {header.height} px, the pixels are {found[0]} x {found[1]}",
        )
    return [np.ascontiguousarray(orient(pixels, turned)) for pixels in cut]


def load_image(data: bytes) -> None:
    """Decode an image whole, for what its decoder says of it; nothing is kept.

    Args:
        data: The whole file; its size has been checked against the pixel budget.

    Raises:
        ImageRefusedError: As `decode_image` does.
    """
    try:
        with _open(data) as image:
            image.load()
    except PILLOW_FAULTS as error:
        raise _undecodable(error) from error


def _part(image: Image.Image, box: Box) -> Image.Image:
    if box == (0, 0, *image.size):
        return image
    return image.crop((box.left, box.top, box.left + box.width, box.top + box.height))


def _parsed(data: bytes) -> JpegHeader:
    try:
        return parse_jpeg(data)
    except MalformedJpegError as error:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, str(error)) from error


def jpeg_image_header(header: JpegHeader) -> ImageHeader:
    """Return what `read_header` returns for a JPEG file whose header has been parsed, whatever its size.

    Raises:
        ImageRefusedError: It has no 1, 3 or 4 components of 8 bits (undecodable-image).
    """
    mode = {1: "L", 3: "RGB", 4: "CMYK"}.get(len(header.components))
    if mode is None or header.precision != 8:
        raise ImageRefusedError(
            Reason.UNDECODABLE_IMAGE,
            f"expected a JPEG file of 1, 3 or 4 components of 8 bits, got {len(header.components)} of {header.precision}",
        )
    width, height = _displayed(header)
    return ImageHeader("jpeg", mode, width, height, header.orientation)


def _displayed(header: JpegHeader) -> tuple[int, int]:
    return (header.height, header.width) if is_turned(header.orientation) else (header.width, header.height)


def _open(data: bytes) -> ImageFile.ImageFile:
    """Open with the one plugin that the signature names: no guessing, and no global pixel limit but ours."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    for signature, _, plugin in _SIGNATURES:
        if data.startswith(signature):
            opened: ImageFile.ImageFile = plugin(io.BytesIO(data))
            return opened
    raise OSError(f"no known image format begins with {data[:8].hex(' ')!r}")


def _pillow_header(image: ImageFile.ImageFile) -> ImageHeader:
    kind = str(image.format).lower()
    if kind == "tiff":
        tag = image.getexif().get(0x0112, 1)
        orientation = tag if tag in range(1, 9) else 1
    else:
        exif = image.info.get("exif", b"")
        orientation = exif_orientation(exif.removeprefix(b"Exif\0\0")) if isinstance(exif, bytes) else 1
    width, height = image.size
    if is_turned(orientation) and kind != "tiff":  # Pillow turns those itself
        width, height = height, width
    return ImageHeader({"dib": "bmp"}.get(kind, kind), image.mode, width, height, orientation)


def _rgb(image: Image.Image) -> Pixels:
    if image.mode in _REFUSED_MODES:
        raise ValueError(f"samples of mode {image.mode!r} have no defined 8-bit form")
    if image.mode in _DEEP:
        high = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(high[:, :, None], 3, axis=2)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _undecodable(error: BaseException) -> ImageRefusedError:
    return ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"the image cannot be decoded: {type(error).__name__}: {error}")
