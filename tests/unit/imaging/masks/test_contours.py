"""Outlines measured on runs against bitmaps."""

import numpy as np

from imaging.masks.contours import outline_edges
from imaging.masks.masks import encode
from imaging.masks.rle import parse_counts


def random_masks(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(4)
    shapes = random.integers(1, 40, (count, 2)).tolist()
    return [random.random(shape) < random.choice([0.1, 0.4, 0.6, 0.9]) for shape in shapes]


def test_the_edges_of_an_outline_are_those_of_the_bitmap() -> None:
    for mask in [*random_masks(400), np.zeros((3, 4), bool), np.ones((4, 3), bool)]:
        height, width = mask.shape
        padded = np.pad(mask, 1)
        edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
        assert outline_edges(parse_counts(encode(mask), height, width), height) == edges
