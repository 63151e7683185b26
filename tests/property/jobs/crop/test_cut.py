"""Whatever the mask, the window and the orientation: a crop inverts to its image's frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.crop_codec import visible_part
from imaging.jpeg.header import Component, JpegHeader
from imaging.masks.masks import decode, encode
from imaging.masks.rle import format_counts, paint_runs, parse_counts
from imaging.orientation import Box, displayed_box, stored_box
from jobs.crop.blocks import mcu_block
from tests.support.mask_oracles import decode_window, polygons_to_counts

sides = st.integers(1, 60)


@st.composite
def images(draw: st.DrawFn) -> tuple[np.ndarray, Box]:
    """A mask, random or of random polygons, and a window that meets it."""
    height, width = draw(sides), draw(sides)
    if draw(st.booleans()):
        seed, share = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.02, 0.3, 0.5, 0.9]))
        mask = np.random.default_rng(seed).random((height, width)) < share
    else:
        places = st.floats(-5, 65, allow_nan=False)
        polygons = draw(
            st.lists(st.lists(places, min_size=6, max_size=14).filter(lambda numbers: len(numbers) % 2 == 0), min_size=1, max_size=3)
        )
        mask = decode(polygons_to_counts(polygons, height, width), height, width)
    left, top = draw(st.integers(-80, width - 1)), draw(st.integers(-80, height - 1))
    return mask, Box(left, top, draw(st.integers(max(1, 1 - left), 160)), draw(st.integers(max(1, 1 - top), 160)))


@given(images())
@settings(max_examples=300, deadline=None)
def test_a_window_s_mask_laid_back_on_the_image_is_the_mask_there(case: tuple[np.ndarray, Box]) -> None:
    mask, window = case
    height, width = mask.shape
    counts = encode(mask)
    visible = visible_part(window, width, height)
    rows, columns = slice(visible.top, visible.top + visible.height), slice(visible.left, visible.left + visible.width)
    assert np.array_equal(decode_window(counts, height, width, *visible), mask[rows, columns])
    laid = np.zeros_like(mask)
    laid[rows, columns] = decode_window(counts, height, width, *visible)
    outside = mask.copy()
    outside[rows, columns] = False
    assert np.array_equal(laid | outside, mask)


@given(images())
@settings(max_examples=200, deadline=None)
def test_counts_and_runs_are_one_another_s_inverse(case: tuple[np.ndarray, Box]) -> None:
    mask, _ = case
    runs = parse_counts(encode(mask), *mask.shape)
    assert format_counts(runs) == encode(mask)
    assert np.array_equal(paint_runs(runs, *mask.shape), mask)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 8), st.data())
def test_a_box_comes_back_from_the_stored_frame(width: int, height: int, orientation: int, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    stored = stored_box(box, width, height, orientation)
    assert min(stored.left, stored.top) >= 0
    assert displayed_box(stored, width, height, orientation) == box


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([(1, 1), (2, 1), (2, 2), (4, 1), (1, 2)]), st.data())
def test_a_block_of_mcus_holds_its_box_with_the_margin_and_starts_at_an_mcu(
    width: int, height: int, factors: tuple[int, int], data: st.DataObject
) -> None:
    parts = (Component(1, *factors, 0), Component(2, 1, 1, 1), Component(3, 1, 1, 1))
    header = JpegHeader(width, height, 8, 0xC0, parts, 0, 1, None, (), 0)
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    block = mcu_block(box, header)
    assert block.left % header.mcu_width == block.top % header.mcu_height == 0
    assert block.left <= max(box.left - 2, 0) and block.top <= max(box.top - 2, 0)
    assert block.left + block.width >= min(box.left + box.width + 2, width)
    assert block.top + block.height >= min(box.top + box.height + 2, height)
    assert block.left + block.width <= width and block.top + block.height <= height


def test_a_window_beside_the_image_shows_nothing() -> None:
    with pytest.raises(ValueError, match="meets the 10 x 10 px image"):
        visible_part(Box(10, 0, 4, 4), 10, 10)
