"""Damage that decoders pass over is found, and nothing sound is taken for damaged."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.damage import check_undamaged
from imaging.images import ImageHeader, ImageRefusedError, read_header
from imaging.jpeg.header import parse_jpeg
from lake.reasons import Reason
from tests.support.probes.images import KINDS, drawn

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
OTHERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "WebP": ("RGB", "WEBP", {}),
    "GIF": ("P", "GIF", {}),
    "TIFF": ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    "BMP": ("RGB", "BMP", {}),
}


def check(data: bytes) -> None:
    check_undamaged(data, read_header(data))


def refused(data: bytes, header: ImageHeader | None = None) -> str:
    with pytest.raises(ImageRefusedError, match=r"copy it again, or set corrupt_images: keep") as error:
        check_undamaged(data, header or read_header(data))
    assert error.value.reason is Reason.CORRUPT_IMAGE
    return str(error.value)


def photograph() -> bytes:
    return drawn(2, *KINDS["baseline 4:4:4"])


@pytest.mark.parametrize("kind", [*KINDS, *OTHERS])
def test_a_sound_image_of_any_kind_passes(kind: str) -> None:
    mode, name, options = {**KINDS, **OTHERS}[kind]
    check(drawn(1, mode, name, options) + (b"a camera's own" if name in ("JPEG", "PNG") else b""))


def test_every_real_image_passes(data_folder: Path) -> None:
    files = sorted(file for file in data_folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    assert len(files) > 300
    for file in files:
        check(file.read_bytes())


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (lambda data, scan: data[: scan + (len(data) - scan) // 2] + b"\xff\xd9", "no valid codes, end early"),
        (lambda data, _: data[:-2] + bytes(3) + b"\xff\xd9", "go on behind the last block"),
        (lambda data, _: data[:-2] + b"\xff\xfe\x00\x02" + b"\xff\xd9", None),  # a comment behind the data
        (lambda data, scan: data[:scan] + data[scan:-2].replace(b"\xff\x00", b"\xff\xd3", 1) + b"\xff\xd9", "Corrupt JPEG data"),
        (lambda data, _: data[:20] + b"junk" + data[20:], "extraneous bytes before marker"),
        (lambda data, _: data.replace(b"\xff\xdb\x00\x43\x01", b"\xff\xdb\x00\x43\x03", 1), "uantization table"),
        (lambda data, _: data.replace(b"\xff\xdb\x00\x43\x01", b"\xff\xdb\x00\x43\x05", 1), "DQT"),
        (lambda data, _: data[:11] + b"\x07" + data[12:], "JFIF"),
    ],
)
def test_what_libjpeg_warns_of_is_refused(harm: Callable[[bytes, int], bytes], complaint: str | None) -> None:
    data = photograph()
    harmed = harm(data, parse_jpeg(data).scan)
    assert harmed != data
    if complaint is None:
        check(harmed)
    else:
        assert complaint in refused(harmed)


@pytest.mark.parametrize("kind", ["restart intervals", "progressive", "progressive, grey"])
def test_kinds_that_are_not_scanned_are_read_by_libjpeg(kind: str) -> None:
    data = drawn(3, *KINDS[kind])
    assert "libjpeg-turbo refused" in refused(data[: len(data) - 40] + b"\xff\xd9")


def test_most_flipped_bits_that_show_are_found() -> None:
    chance, shown, found = random.Random(4), 0, 0
    for number in range(300):
        data = bytearray(drawn(number % 3, *KINDS["baseline 4:2:0" if number % 2 else "baseline 4:4:4"]))
        sound = np.asarray(Image.open(io.BytesIO(data)).convert("L")).astype(int)
        data[chance.randrange(parse_jpeg(bytes(data)).scan, len(data) - 2)] ^= 1 << chance.randrange(8)
        try:
            wrong = np.abs(np.asarray(Image.open(io.BytesIO(data)).convert("L")).astype(int) - sound) > 16
        except OSError:
            continue
        try:
            check(bytes(data))
        except ImageRefusedError:
            found += wrong.mean() > 0.1
        shown += wrong.mean() > 0.1
    assert shown > 40
    assert found > 0.75 * shown


def test_brightness_that_no_image_has_is_damage() -> None:
    data = photograph()
    black = Image.open(io.BytesIO(data)).point(lambda _: 0)
    file = io.BytesIO()
    black.save(file, "JPEG", quality=100, subsampling=0)
    check(file.getvalue())
    header = parse_jpeg(file.getvalue())
    tables = [part for part in header.segments if part.marker == 0xDB]
    bright = bytearray(file.getvalue())
    bright[tables[0].start + 1] = 3  # every DC value is three times what it was
    assert "darker than black" in refused(bytes(bright))


@pytest.mark.parametrize("kind", ["PNG", "PNG with a palette"])
def test_every_flipped_bit_of_a_png_s_chunks_is_found(kind: str) -> None:
    data = drawn(1, *KINDS[kind])
    chance = random.Random(1)
    for _ in range(200):
        harmed = bytearray(data)
        harmed[chance.randrange(8, len(data))] ^= 1 << chance.randrange(8)
        with pytest.raises(ImageRefusedError):
            check(bytes(harmed))
    inside = data.index(b"IDAT") + 20
    assert "the checksum of its PNG chunk b'IDAT'" in refused(data[:inside] + bytes([data[inside] ^ 1]) + data[inside + 1 :])
    assert "cut off" in refused(data[:-12])


@pytest.mark.parametrize("kind", OTHERS)
def test_formats_without_checksums_are_decoded(kind: str) -> None:
    data = drawn(1, *OTHERS[kind])
    assert "cannot be decoded" in refused(data[: len(data) * 2 // 3], read_header(data))


def test_a_large_chunk_s_checksum_needs_no_copy_of_it() -> None:
    body = zlib.compress(bytes(1))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"teXt", bytes(1 << 20)), (b"IDAT", body), (b"IEND", b""))
    packed = [struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)) for kind, content in chunks]
    check(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
