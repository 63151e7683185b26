"""A crop reaches the canvas with its mask as coverage and with everything ignored marked so."""

from typing import Any

import cv2
import numpy as np

from imaging.crop_codec import open_crop
from tests.support.mask_oracles import encode_mask
from training.augmentation import Change
from training.samples import SAMPLE_COLUMNS, read_sample

PLAIN = Change(False, 0.0, 0.0, 1.0, 1.0, (0.0, 0.0, 0.0))


def _row(*, left: int = 4, width: int = 24, ignored: bool = False) -> dict[str, Any]:
    """A 16 px high window on a 40 x 40 image; the instance fills columns 8 to 16 of the image."""
    visible = np.arange(max(left, 0), min(left + width, 40))
    pixels = np.zeros((16, len(visible), 3), np.uint8)
    pixels[..., 0] = visible * 6
    mask = np.broadcast_to((visible >= 8) & (visible < 16), (16, len(visible)))
    codec, counts = encode_mask(np.ascontiguousarray(mask))
    region = np.zeros((16, len(visible)), bool)
    region[:4] = True
    return {
        "crop_id": "c",
        "instance_id": "i",
        "pixel_codec": "png",
        "pixels": cv2.imencode(".png", pixels[..., ::-1])[1].tobytes(),
        "block_left": 0,
        "block_top": 0,
        "orientation": 1,
        "window_left": left,
        "window_top": 10,
        "window_width": width,
        "window_height": 16,
        "image_width": 40,
        "image_height": 40,
        "mask_codec": codec,
        "mask": counts,
        "ignore": encode_mask(region)[1] if ignored else None,
    }


def test_the_row_of_a_sample_has_the_columns_that_are_read() -> None:
    assert set(_row()) == set(SAMPLE_COLUMNS)


def test_at_its_own_size_a_window_is_placed_unchanged() -> None:
    row = _row()
    sample, crop = read_sample(row, 24, None), open_crop(row)
    assert np.array_equal(sample.pixels[4:20], crop.pixels)
    assert np.array_equal(sample.soft_mask[4:20] == 255, crop.mask)
    assert sample.valid[4:20].all()


def test_canvas_beyond_the_window_is_not_valid() -> None:
    sample = read_sample(_row(), 48, None)
    assert sample.valid[8:40].all()
    assert not sample.valid[:8].any()
    assert not sample.valid[40:].any()


def test_overhang_and_ignored_regions_are_not_valid() -> None:
    overhanging = read_sample(_row(left=-12), 24, None)
    assert not overhanging.valid[:, :12].any()
    assert overhanging.valid[4:20, 12:].all()
    region = read_sample(_row(ignored=True), 24, None)
    assert not region.valid[4:8].any()
    assert region.valid[8:20].all()


def test_a_shrunken_mask_becomes_the_share_of_each_pixel() -> None:
    sample = read_sample(_row(width=36, left=1), 24, None)
    row = sample.soft_mask[12]
    assert set(np.unique(row)) - {0, 255}
    assert abs(float(row.sum()) / 255 - 8 * 24 / 36) < 0.05


def test_a_mirrored_sample_is_the_mirror_of_the_sample() -> None:
    plain = read_sample(_row(), 24, PLAIN)
    mirrored = read_sample(_row(), 24, Change(True, 0.0, 0.0, 1.0, 1.0, (0.0, 0.0, 0.0)))
    assert np.array_equal(mirrored.pixels, plain.pixels[:, ::-1])
    assert np.array_equal(mirrored.soft_mask, plain.soft_mask[:, ::-1])


def test_trimming_and_shrinking_move_pixels_and_mask_together() -> None:
    change = Change(False, 0.1, 0.0, 0.8, 1.0, (0.0, 0.0, 0.0))
    sample = read_sample(_row(), 96, change)
    reds = sample.pixels[48, :, 0].astype(float)
    inside = sample.soft_mask[48] == 255
    assert reds[inside].min() > 8 * 6 - 4
    assert reds[inside].max() < 15 * 6 + 4
