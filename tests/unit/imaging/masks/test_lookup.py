"""Pixels counted and looked up in many masks at once equal those of the bitmaps."""

import numpy as np
import pyarrow as pa
import pytest

from imaging.masks.lookup import NO_MASK, look_up
from imaging.masks.masks import encode


def test_pixels_are_those_of_the_bitmaps_over_several_chunks() -> None:
    random = np.random.default_rng(6)
    bitmaps = [random.random(shape) < random.random() for shape in random.integers(1, 30, (200, 2)).tolist()]
    positions = np.array([random.integers(-1, bitmap.size) for bitmap in bitmaps])
    texts = [encode(bitmap) for bitmap in bitmaps]
    pixels, held = look_up(pa.chunked_array([texts[:70], texts[70:]]), positions)
    assert pixels.tolist() == [int(bitmap.sum()) for bitmap in bitmaps]
    expected = [position >= 0 and bool(bitmap.T.ravel()[position]) for bitmap, position in zip(bitmaps, positions, strict=True)]
    assert held.tolist() == expected


@pytest.mark.parametrize("counts", [None, "", "é", " 4", "44o", "o" * 30 + "0", "O4"])
def test_malformed_counts_have_no_pixels_and_hold_none(counts: str | None) -> None:
    pixels, held = look_up(pa.chunked_array([pa.array([counts, "02"])]), np.array([0, 1]))
    assert (pixels.tolist(), held.tolist()) == ([NO_MASK, 2], [False, True])
