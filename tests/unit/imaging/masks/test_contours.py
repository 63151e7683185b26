"""Outlines and parts counted on runs against bitmaps."""

import cv2
import numpy as np

from imaging.masks.contours import outline_edges
from imaging.masks.masks import encode
from imaging.masks.rle import parse_counts
from tests.support import mask_oracles
from tests.support.mask_oracles import count_parts, tight_box


def random_masks(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(4)
    shapes = random.integers(1, 40, (count, 2)).tolist()
    return [random.random(shape) < random.choice([0.1, 0.4, 0.6, 0.9]) for shape in shapes]


def bitmap_parts(mask: np.ndarray) -> tuple[int, int]:
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.connectedComponents(padded, connectivity=8)[0] - 1, cv2.connectedComponents(1 - padded, connectivity=4)[0] - 2


def counts_of(runs: str) -> str:
    return mask_oracles.uncompressed_to_counts([int(run) for run in runs.split()], 3, 2)


def test_parts_holes_edges_and_box_equal_those_of_the_bitmap() -> None:
    for mask in [*random_masks(400), np.zeros((3, 4), bool), np.ones((4, 3), bool)]:
        height, width = mask.shape
        runs = parse_counts(encode(mask), height, width)
        assert count_parts(runs, height, width) == bitmap_parts(mask)
        padded = np.pad(mask, 1)
        edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
        assert outline_edges(runs, height) == edges
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
            assert tight_box(runs, height) == box


def test_runs_of_no_length_change_no_facts() -> None:
    plain, split = "1 2 3", "1 1 0 1 3"
    facts = [
        mask_oracles.mask_properties(mask_oracles.uncompressed_to_counts([int(run) for run in runs.split()], 3, 2), 3, 2)
        for runs in (plain, split)
    ]
    assert facts[0] == facts[1]
    assert facts[0].components == 1
