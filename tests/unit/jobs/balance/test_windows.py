"""Where `jobs.balance.windows` puts windows, on masks drawn by hand."""

import numpy as np
import pyarrow as pa
import pytest

from imaging.masks.masks import encode
from jobs.balance.windows import Centres, centres, nearest_owned_pixel, windows
from jobs.columns import Whole
from lake.configuration import CropSpec
from tests.support.mask_oracles import mask_properties


def _mask(*rows: str) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.array([[character == "#" for character in row] for row in rows])


RING = _mask(
    ".........",
    ".#######.",
    ".#.....#.",
    ".#.....#.",
    ".#.....#.",
    ".#######.",
)


def _instance(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]], split: str) -> pa.Table:
    counts = encode(mask)
    properties = mask_properties(counts, *mask.shape)
    row = {name: getattr(properties, name) for name in ("box_x", "box_y", "box_width", "box_height", "owns_centre")}
    return pa.Table.from_pylist([{**row, "geometry": counts, "image_height": mask.shape[0], "image_width": mask.shape[1], "split": split}])


def _centre(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]], split: str, rule: str) -> tuple[int, int, bool]:
    found = centres(_instance(mask, split), CropSpec.model_validate({"centre": rule}))
    return int(found.x[0]), int(found.y[0]), bool(found.owned[0])


def test_a_training_window_moves_to_the_nearest_pixel_of_the_object() -> None:
    assert _centre(RING, "train", "shift") == (4, 1, True)


@pytest.mark.parametrize("split", ["val", "test"])
def test_val_and_test_windows_stay_on_the_boxs_centre(split: str) -> None:
    assert _centre(RING, split, "shift") == (4, 3, False)


def test_keep_moves_no_window() -> None:
    assert _centre(RING, "train", "keep") == (4, 3, False)


def test_an_object_that_owns_its_centre_keeps_it() -> None:
    assert _centre(_mask("....", ".###", ".###", ".###"), "train", "shift") == (2, 2, True)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((".#.", "#.#", ".#."), (1, 0)),  # four at distance 1: the topmost
        (("...", "#.#", "..."), (0, 1)),  # two in one row: the leftmost
        (("#..", "...", "..."), (0, 0)),
        (("###", "###", "###"), (1, 1)),
        (("...", "...", "..#"), (2, 2)),
    ],
)
def test_of_equally_near_pixels_the_topmost_then_the_leftmost_is_taken(rows: tuple[str, ...], expected: tuple[int, int]) -> None:
    assert nearest_owned_pixel(encode(_mask(*rows)), 3, 3, x=1, y=1) == expected


def test_a_mask_without_a_pixel_has_no_nearest_one() -> None:
    assert nearest_owned_pixel(encode(np.zeros((4, 5), bool)), 4, 5, x=1, y=1) is None


def test_counts_of_another_image_have_no_nearest_pixel() -> None:
    assert nearest_owned_pixel(encode(RING), 9, 9, x=1, y=1) is None


def _sides(width: int, height: int, **spec: object) -> tuple[int, int]:
    one: Whole = np.array([0])
    centre = Centres(np.array([100]), np.array([50]), np.array([True]))
    cut = windows(np.zeros(1, np.uint64), one, (np.array([width]), np.array([height])), centre, CropSpec.model_validate(spec))
    assert (cut.left[0] + cut.width[0] // 2, cut.top[0] + cut.height[0] // 2) == (100, 50)
    return int(cut.width[0]), int(cut.height[0])


def test_padding_is_added_at_either_end_of_each_axis() -> None:
    assert _sides(100, 40, padding=(0.25, 0.25)) == (150, 60)


def test_a_thin_object_gets_at_least_min_side() -> None:
    assert _sides(3, 90, padding=(0, 0), min_side=16) == (16, 90)


def test_padding_gives_way_to_max_side_and_the_box_does_not() -> None:
    assert _sides(1000, 1024, padding=(0.3, 0.3), max_side=1024) == (1024, 1024)


def test_axes_and_replicas_have_draws_of_their_own() -> None:
    around = Centres(np.full(3, 50), np.full(3, 50), np.full(3, True))
    cut = windows(np.zeros(3, np.uint64), np.arange(3), (np.full(3, 1000), np.full(3, 1000)), around, CropSpec(max_side=4000))
    assert len({*cut.width.tolist(), *cut.height.tolist()}) == 6
