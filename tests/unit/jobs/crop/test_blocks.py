"""Pixels are copied from sound data alone; of damaged ones that are kept, they are what a decoder makes of them."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging.crop_codec import JPEG_BLOCK, PNG, decode_pixels
from imaging.jpeg.header import parse_jpeg
from imaging.orientation import Box
from jobs.crop.blocks import cut_blocks
from tests.support.probes.images import KINDS, drawn

BOX = Box(20, 10, 40, 65)


def cut(data: bytes) -> str:
    (block,) = cut_blocks(data, [BOX], lossless=True)
    whole = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    found = decode_pixels(block.codec, block.data)[block.top : block.top + BOX.height, block.left : block.left + BOX.width]
    assert np.array_equal(found, whole[BOX.top : BOX.top + BOX.height, BOX.left : BOX.left + BOX.width])
    return block.codec


def ended_early(data: bytes) -> bytes:
    return data[:-40] + b"\xff\xd9"


def of_another_version(data: bytes) -> bytes:
    return data[:11] + b"\x07" + data[12:]


def too_bright(data: bytes) -> bytes:
    tables = [part for part in parse_jpeg(data).segments if part.marker == 0xDB]
    return data[: tables[0].start + 1] + b"\xff" + data[tables[0].start + 2 :]


@pytest.mark.parametrize("kind", ["baseline 4:2:0", "restart intervals", "progressive", "grey"])
def test_sound_data_are_copied(kind: str) -> None:
    assert cut(drawn(1, *KINDS[kind])) == JPEG_BLOCK


@pytest.mark.parametrize("kind", ["baseline 4:2:0", "restart intervals", "progressive", "grey"])
@pytest.mark.parametrize("harm", [ended_early, of_another_version])
def test_no_code_of_damaged_data_is_copied(kind: str, harm: Callable[[bytes], bytes]) -> None:
    assert cut(harm(drawn(1, *KINDS[kind]))) == PNG


def test_brightness_that_no_image_has_is_drawn_as_a_decoder_draws_it() -> None:
    assert cut(too_bright(drawn(1, *KINDS["baseline 4:4:4"]))) == PNG


def test_a_crop_that_the_transform_cannot_write_is_stored_as_pixels() -> None:
    file = io.BytesIO()
    Image.new("L", (16, 8)).save(file, "JPEG", quality=100, restart_marker_blocks=1)
    header = parse_jpeg(file.getvalue())
    # Two blocks whose DC values are 2,047 and -2,047: between them lie 12 bits, for which the standard's tables have no code.
    data = file.getvalue()[: header.scan] + bytes.fromhex("ff007ffa ffd0 ff00000a ffd9")
    (block,) = cut_blocks(data, [Box(0, 0, 16, 8)], lossless=True)
    assert np.array_equal(decode_pixels(block.codec, block.data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
