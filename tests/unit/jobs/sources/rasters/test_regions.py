"""Regions of a class map equal connected components by another library."""

import numpy as np
import pytest
from scipy import ndimage

from jobs.sources.rasters.regions import find_regions

THINGS = np.array([True, False, True])


def painted(counts: np.ndarray, height: int, width: int) -> np.ndarray:
    colours = np.zeros(counts.size, bool)
    colours[1::2] = True
    return np.repeat(colours, counts).reshape(width, height).T


def expected(values: np.ndarray) -> set[tuple[int, bytes]]:
    found = set()
    for value in np.unique(values[values >= 0]).tolist():
        parts, count = ndimage.label(values == value, np.ones((3, 3))) if THINGS[value] else (values == value, 1)
        found |= {(value, (parts == number).tobytes()) for number in range(1, count + 1)}
    return found


@pytest.mark.parametrize("seed", range(60))
def test_things_fall_into_their_parts_and_stuff_stays_whole(seed: int) -> None:
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 16, 2).tolist()
    values = random.integers(-1, 3, (height, width)).astype(np.int32)
    regions = find_regions(values, THINGS)
    masks = [(region.value, painted(region.counts, height, width).tobytes()) for region in regions]
    assert len(set(masks)) == len(masks)
    assert set(masks) == expected(values)


def test_run_lengths_are_canonical_across_columns() -> None:
    values = np.array([[1, 1, 0], [1, 1, 0]], np.int32)
    (dot, block) = find_regions(values, THINGS)
    assert block.counts.tolist() == [0, 4, 2]
    assert dot.counts.tolist() == [4, 2]


def test_a_map_of_void_alone_has_no_region() -> None:
    assert find_regions(np.full((3, 4), -1, np.int32), THINGS) == []
