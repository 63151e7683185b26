"""libjpeg-turbo through ctypes against Pillow."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.jpeg.turbo import JpegRefusedError, crop_jpeg, decode_jpeg, encode_jpeg
from imaging.orientation import Box


def photograph(height: int = 70, width: int = 90, **options: Any) -> bytes:
    """A smooth, coloured image with some noise, as JPEG."""
    rows, columns = np.mgrid[:height, :width]
    planes = [np.sin(rows / 9) * 90 + 120, np.cos(columns / 7) * 90 + 120, (rows + columns) % 255]
    pixels = np.stack(planes, axis=2) + np.random.default_rng(1).normal(0, 9, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


def pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"subsampling": 1}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_pixels_equal_pillow_s(options: dict[str, Any]) -> None:
    data = photograph(quality=80, **options)
    assert np.array_equal(decode_jpeg(data), pillow(data))


def test_a_block_keeps_the_source_s_coefficients() -> None:
    data = photograph(subsampling=2)
    block, whole = crop_jpeg(data, [Box(16, 32, 48, 32), Box(0, 0, 90, 70)])
    # Chroma reaches one pixel over the block's edge; inside of it nothing differs.
    assert np.array_equal(decode_jpeg(block)[2:-2, 2:-2], pillow(data)[34:62, 18:62])
    assert np.array_equal(decode_jpeg(whole), pillow(data))


def test_a_progressive_image_leaves_the_next_one_right() -> None:
    before = crop_jpeg(photograph(), [Box(0, 0, 32, 32)])
    crop_jpeg(photograph(progressive=True), [Box(0, 0, 32, 32)])
    assert crop_jpeg(photograph(), [Box(0, 0, 32, 32)]) == before


def test_encoding_keeps_the_image_nearly() -> None:
    pixels = pillow(photograph(quality=95))
    back = decode_jpeg(encode_jpeg(pixels, quality=95))
    assert back.shape == pixels.shape
    assert np.abs(back.astype(int) - pixels).mean() < 3


@pytest.mark.parametrize("end", [10, 400, 1500])
def test_data_that_are_cut_off_are_refused(end: int) -> None:
    data = photograph()[:end]
    with pytest.raises(JpegRefusedError, match="libjpeg-turbo refused the JPEG data"):
        decode_jpeg(data)
    with pytest.raises(JpegRefusedError, match="libjpeg-turbo refused the JPEG data"):
        crop_jpeg(data, [Box(0, 0, 90, 70)])


@pytest.mark.parametrize("end", [10, 400, 1500])
def test_a_refused_image_leaves_the_next_one_readable(end: int) -> None:
    whole = photograph()
    for read in (decode_jpeg, lambda data: crop_jpeg(data, [Box(0, 0, 90, 70)])):
        with pytest.raises(JpegRefusedError, match="libjpeg-turbo refused the JPEG data"):
            read(whole[:end])
        assert np.array_equal(decode_jpeg(whole), pillow(whole))
        assert decode_jpeg(crop_jpeg(whole, [Box(0, 0, 32, 32)])[0]).shape == (32, 32, 3)
        assert encode_jpeg(pillow(whole), quality=90)
