"""A progressive file whose scans do not give all is cropped as decoders show it: smoothed."""

import io

import numpy as np
import pytest
from PIL import Image

from imaging.crop_codec import decode_pixels
from imaging.jpeg.header import parse_jpeg
from imaging.jpeg.progression import has_all_scans
from imaging.orientation import Box
from jobs.crop.blocks import cut_blocks

BOX = Box(5, 40, 38, 19)


def encoded(mode: str, **settings: object) -> bytes:
    rows, columns = np.mgrid[:75, :101]
    pixels = np.stack([90 * np.sin(rows / 9 + channel) * np.cos(columns / 8) + 128 for channel in range(3)], axis=2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", **settings)
    return file.getvalue()


def scans(data: bytes) -> list[int]:
    """Return where each scan's marker lies."""
    return [place for place in range(len(data) - 1) if data[place : place + 2] == b"\xff\xda"]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_scans_of_a_whole_file_give_all_and_fewer_do_not(mode: str) -> None:
    data = encoded(mode, progressive=True)
    header = parse_jpeg(data)
    assert has_all_scans(data, header)
    assert len(scans(data)) > 3
    assert not any(has_all_scans(data[:end] + b"\xff\xd9", header) for end in scans(data)[1:])


def test_a_baseline_file_has_what_it_has() -> None:
    data = encoded("RGB")
    assert has_all_scans(data, parse_jpeg(data))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_crops_of_a_file_without_its_last_scans_are_what_decoders_show(mode: str) -> None:
    data = encoded(mode, progressive=True)
    for end in scans(data)[1:]:
        short = data[:end] + b"\xff\xd9"
        with Image.open(io.BytesIO(short)) as image:
            whole = np.asarray(image.convert("RGB"))
        (block,) = cut_blocks(short, [BOX], lossless=True)
        shown = decode_pixels(block.codec, block.data)[block.top : block.top + BOX.height, block.left : block.left + BOX.width]
        assert np.array_equal(shown, whole[BOX.top : BOX.top + BOX.height, BOX.left : BOX.left + BOX.width])
