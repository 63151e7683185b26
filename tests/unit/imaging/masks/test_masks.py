"""Masks against pycocotools and against bitmaps."""

import numpy as np
import pytest
from pycocotools import mask as coco

from imaging.masks import masks
from imaging.masks.bitmap_rle import bitmap_runs
from imaging.masks.rle import MalformedMaskError, paint_runs
from tests.support.mask_oracles import decode_window


def random_masks(count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(7)
    shapes = generator.integers(1, 50, (count, 2))
    return [generator.random(tuple(shape)) < generator.random() ** 2 for shape in shapes]


def test_counts_are_those_of_pycocotools_and_draw_the_same_mask() -> None:
    for mask in random_masks(100):
        expected = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode()
        assert masks.encode(mask) == expected
        assert (masks.decode(expected, *mask.shape) == mask).all()


def test_a_window_holds_the_mask_s_pixels() -> None:
    generator = np.random.default_rng(8)
    for mask in random_masks(200):
        height, width = mask.shape
        left, top = int(generator.integers(width)), int(generator.integers(height))
        size = int(generator.integers(1, width - left + 1)), int(generator.integers(1, height - top + 1))
        counts = masks.encode(mask)
        expected = mask[top : top + size[1], left : left + size[0]]
        assert (decode_window(counts, height, width, left, top, *size) == expected).all()


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        ("4", "sum to 4 px"),
        ("é", "in ASCII"),
        (" 4", "characters '0' to 'o'"),
        ("44o", "end inside a value"),
        ("o" * 30 + "0", "exceeds 60 bits"),
        ("O4", "at least 0"),
    ],
)
def test_counts_that_describe_no_mask_are_refused(counts: str, complaint: str) -> None:
    with pytest.raises(MalformedMaskError, match=complaint):
        masks.decode(counts, 4, 4)


def test_a_union_holds_the_pixels_of_all() -> None:
    first, second = np.zeros((2, 6, 5), bool)
    first[1:3, 1:4] = second[2:5, 2] = True
    joined = masks.union([masks.encode(first), masks.encode(second)], 6, 5)
    assert (masks.decode(joined, 6, 5) == first | second).all()
    assert not masks.decode(masks.union([], 6, 5), 6, 5).any()


def test_a_placed_bitmap_holds_its_pixels_and_loses_what_overhangs() -> None:
    generator = np.random.default_rng(5)
    for mask in random_masks(100):
        height, width = generator.integers(1, 40, 2).tolist()
        left, top = generator.integers(-30, 50, 2).tolist()
        expected = np.zeros((height + 200, width + 200), bool)
        expected[top + 100 : top + 100 + mask.shape[0], left + 100 : left + 100 + mask.shape[1]] = mask
        runs = bitmap_runs(mask, left, top, height, width)
        assert (paint_runs(runs, height, width) == expected[100 : 100 + height, 100 : 100 + width]).all()
