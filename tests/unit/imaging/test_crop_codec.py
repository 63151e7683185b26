"""A stored crop opens in its window's frame, whatever overhangs and however its source was turned."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.crop_codec import decode_mask, open_crop
from lake.errors import CentrepieceError, DamagedFileError
from tests.support.mask_oracles import encode_mask


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (6, 6, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def row(**changes: Any) -> dict[str, Any]:
    """A window of 6 x 5 px at (-2, -1) of an image of 10 x 8, cut from a block with one more pixel all round."""
    block = np.random.default_rng(2).integers(0, 255, (6, 6, 3), np.uint8)
    mask = np.eye(4, dtype=bool)
    codec, data = encode_mask(mask)
    return {
        "crop_id": "c",
        "window_left": -2,
        "window_top": -1,
        "window_width": 6,
        "window_height": 5,
        "image_width": 10,
        "image_height": 8,
        "pixel_codec": "png",
        "pixels": png(block),
        "block_left": 1,
        "block_top": 1,
        "orientation": 1,
        "mask_codec": codec,
        "mask": data,
        "ignore": encode_mask(~mask)[1],
        **changes,
    }


def test_what_overhangs_the_image_is_black_and_ignored() -> None:
    crop = open_crop(row())
    block = np.asarray(Image.open(io.BytesIO(row()["pixels"])))
    assert crop.pixels.shape == (5, 6, 3)
    assert np.array_equal(crop.pixels[1:, 2:], block[1:5, 1:5])
    assert not crop.pixels[0].any() and not crop.pixels[:, :2].any()
    assert crop.ignore[0].all() and crop.ignore[:, :2].all()
    assert np.array_equal(crop.mask[1:, 2:], np.eye(4, dtype=bool))
    assert np.array_equal(crop.ignore[1:, 2:], ~np.eye(4, dtype=bool))


def test_without_ignored_pixels_nothing_on_the_image_is_ignored() -> None:
    crop = open_crop(row(window_left=0, window_top=0, window_width=4, window_height=4, ignore=None))
    assert not crop.ignore.any()
    assert crop.mask.sum() == 4


def test_the_block_is_turned_before_the_window_is_cut() -> None:
    block = np.arange(6 * 6 * 3, dtype=np.uint8).reshape(6, 6, 3)
    crop = open_crop(row(pixels=png(block), orientation=6))
    assert np.array_equal(crop.pixels[1:, 2:], np.rot90(block, -1)[1:5, 1:5])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [({"block_left": 3}, "4 x 4 px at \\(3, 1\\) of its block"), ({"pixel_codec": "heic"}, "'heic'"), ({"mask_codec": "png"}, "'png'")],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CentrepieceError, match=complaint):
        open_crop(row(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"pixels": b"no image"},
        {"pixels": png(np.zeros((6, 6, 3), np.uint8))[:40]},
        {"pixel_codec": "jpeg-block"},
        {"pixel_codec": "jpeg-block", "pixels": jpeg()[:-9]},
        {"pixel_codec": "jpeg-block", "pixels": jpeg().replace(b"\xff\xdb\x00\x43\x01", b"\xff\xdb\x00\x43\x03")},
        {"mask": b"?"},
        {"ignore": b"\xff"},
    ],
)
def test_a_row_that_does_not_open_names_its_crop_and_instance(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedFileError, match=r"crop 'c' of instance 'i' does not open: .*centrepiece doctor --verify"):
        open_crop(row(instance_id="i", **changes))


def test_masks_survive_the_codec() -> None:
    generator = np.random.default_rng(9)
    for _ in range(50):
        mask = generator.random(tuple(generator.integers(1, 40, 2))) < generator.random()
        codec, data = encode_mask(mask)
        assert np.array_equal(decode_mask(codec, data, *mask.shape), mask)
