"""What is decoded by hand equals Pillow's decode, whatever the filters; what is damaged or of another kind is left to it."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.sources.rasters.png_maps import decode_plain_png


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(rows: bytes, width: int, height: int, kind: tuple[int, ...] = (8, 0, 0, 0, 0), pieces: int = 1) -> bytes:
    packed = zlib.compress(rows)
    parts = [packed[len(packed) * n // pieces : len(packed) * (n + 1) // pieces] for n in range(pieces)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *kind))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(b"IDAT", part) for part in parts) + chunk(b"IEND", b"")


def saved(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def test_every_filter_is_undone() -> None:
    random = np.random.default_rng(2)
    rows = random.integers(0, 256, (40, 1 + 23), np.uint8)
    rows[:, 0] = random.integers(0, 5, 40)
    rows[:5, 0] = range(5)
    data = png(rows.tobytes(), 23, 40, pieces=3)
    found = decode_plain_png(data)
    assert found is not None
    assert np.array_equal(found, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("mode", ["L", "P"])
def test_gray_and_palette_maps_come_out_as_their_indices(mode: str) -> None:
    values = np.random.default_rng(3).integers(0, 9, (30, 31), np.uint8)
    image = Image.fromarray(values)
    if mode == "P":
        image.putpalette(bytes(range(256)) * 3)
    assert np.array_equal(decode_plain_png(saved(image)), values)


def test_other_kinds_are_left_to_pillow() -> None:
    noise = Image.fromarray(np.random.default_rng(4).integers(0, 256, (9, 9, 3), np.uint8))
    for image in (noise, noise.convert("1"), noise.convert("LA"), Image.fromarray(np.ones((4, 4), np.uint16))):
        assert decode_plain_png(saved(image)) is None
    assert decode_plain_png(png(bytes(10 * 11), 10, 10, (8, 0, 0, 0, 1))) is None


def test_damage_is_left_to_pillow() -> None:
    data = png(bytes(10 * 11), 10, 10)
    assert decode_plain_png(data) is not None
    assert decode_plain_png(png(bytes([9]) + bytes(109), 10, 10)) is None
    assert decode_plain_png(png(bytes(50), 10, 10)) is None
    assert decode_plain_png(png(bytes(200), 10, 10)) is None
    for end in range(len(data)):
        assert decode_plain_png(data[:end]) is None
    for offset in range(8, len(data)):
        changed = bytearray(data)
        changed[offset] ^= 0x55
        assert decode_plain_png(bytes(changed)) is None
