"""Orientation against Pillow's own turning."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from imaging.orientation import Box, displayed_box, exif_orientation, orient, stored_box

ORIENTATIONS = range(1, 9)


def exif_block(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_pixels_turn_as_pillow_turns_them(orientation: int) -> None:
    stored = np.random.default_rng(orientation).integers(0, 255, (5, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(stored).save(file, "PNG", exif=exif_block(orientation))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    assert np.array_equal(orient(stored, orientation), expected)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_holds_the_same_pixels_in_both_frames_and_comes_back(orientation: int) -> None:
    stored = np.arange(7 * 11).reshape(7, 11)
    displayed = orient(stored, orientation)
    height, width = displayed.shape
    box = Box(2, 1, 4, 3)
    there = stored_box(box, width, height, orientation)
    cut = stored[there.top : there.top + there.height, there.left : there.left + there.width]
    expected = displayed[box.top : box.top + box.height, box.left : box.left + box.width]
    assert np.array_equal(orient(cut, orientation), expected)
    assert displayed_box(there, width, height, orientation) == box


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_orientation_is_read_from_an_exif_block(orientation: int) -> None:
    assert exif_orientation(exif_block(orientation).removeprefix(b"Exif\0\0")) == orientation


def test_a_broken_or_foreign_exif_block_means_upright() -> None:
    whole = exif_block(6).removeprefix(b"Exif\0\0")
    assert exif_orientation(b"") == 1
    assert exif_orientation(b"nonsense, of some length") == 1
    assert exif_orientation(exif_block(9).removeprefix(b"Exif\0\0")) == 1
    assert {exif_orientation(whole[:end]) for end in range(len(whole))} <= {1, 6}
    assert exif_orientation(b"II*\0\xff\xff\xff\xff") == 1
