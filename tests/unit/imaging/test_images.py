"""Headers and pixels of every kind of image against Pillow, and typed refusals."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from imaging.images import ImageRefusedError, decode_image, read_header
from lake.reasons import Reason

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


def image_bytes(mode: str, kind: str, orientation: int = 1) -> bytes:
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 255, (21, 34, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    noise.convert(mode).save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("RGB", "TIFF"), ("RGB", "WEBP")]
)
def test_every_orientation_is_applied_once(mode: str, kind: str, orientation: int) -> None:
    data = image_bytes(mode, kind, orientation)
    header = read_header(data)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    assert (header.height, header.width, 3) == expected.shape
    assert (header.orientation, header.mode, header.format) == (orientation, mode, kind.lower())
    assert np.array_equal(decode_image(data, header), expected)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("P", "GIF"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("L", "BMP"),
        ("RGB", "BMP"),
    ],
)
def test_every_mode_becomes_rgb_with_alpha_dropped(mode: str, kind: str) -> None:
    data = image_bytes(mode, kind)
    header = read_header(data)
    assert np.array_equal(decode_image(data, header), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_of_16_bit_samples_the_high_byte_is_kept() -> None:
    deep = np.random.default_rng(5).integers(0, 65535, (9, 7), np.uint16)
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    pixels = decode_image(file.getvalue(), read_header(file.getvalue()))
    assert np.array_equal(pixels, np.repeat((deep >> 8).astype(np.uint8)[:, :, None], 3, axis=2))


def test_floating_point_samples_are_refused() -> None:
    file = io.BytesIO()
    Image.fromarray(np.ones((4, 4), np.float32)).save(file, "TIFF")
    with pytest.raises(ImageRefusedError, match="no defined 8-bit form"):
        decode_image(file.getvalue(), read_header(file.getvalue()))


def test_an_image_beyond_the_budget_is_refused_before_any_pixel_is_decoded() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b"")
    with pytest.raises(ImageRefusedError, match="60,000 x 60,000 px, more than the budget") as refused:
        read_header(bomb)
    assert refused.value.reason == Reason.IMAGE_TOO_LARGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF"])
def test_every_truncation_gives_a_typed_refusal_or_pixels(kind: str) -> None:
    data = image_bytes("RGB", kind)
    refused = 0
    for end in range(0, len(data), 7):
        try:
            decode_image(data[:end], read_header(data[:end]))
        except ImageRefusedError as error:
            assert error.reason == Reason.UNDECODABLE_IMAGE
            refused += 1
    assert refused > len(data) // 8


def test_text_is_no_image() -> None:
    with pytest.raises(ImageRefusedError, match="no known image format"):
        read_header(b"<html>not found</html>")


def test_every_real_image_equals_pillow_s_decode(data_folder: Path) -> None:
    files = [file for file in sorted(data_folder.rglob("*")) if file.suffix in SUFFIXES][::6]
    assert len(files) > 50
    for file in files:
        data = file.read_bytes()
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        assert np.array_equal(decode_image(data, read_header(data)), np.asarray(image.convert("RGB"))), file
