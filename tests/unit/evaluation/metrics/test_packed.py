import numpy as np
import pytest

from evaluation.metrics.boundary import dilate, inner_boundary
from evaluation.metrics.packed import pack, packed_edge_counts
from tests.unit.evaluation.shapes import blob


def dense_counts(predicted: np.ndarray, truth: np.ndarray, valid: np.ndarray, radii: tuple[int, ...]) -> list[list[int]]:
    edge_p, edge_g = inner_boundary(predicted, valid), inner_boundary(truth, valid)
    p, g = predicted & valid, truth & valid
    rows = [[edge_p.sum(), edge_g.sum(), p.sum(), g.sum(), (p & g).sum()]]
    for radius in radii:
        near_p, near_g = dilate(edge_p, radius) & valid, dilate(edge_g, radius) & valid
        rows.append([near_p.sum(), near_g.sum(), (near_p & near_g).sum(), (edge_p & near_g).sum(), (edge_g & near_p).sum()])
    return [[int(value) for value in row] for row in rows]


@pytest.mark.parametrize("width", [1, 2, 63, 64, 65, 127, 128, 129, 200])
@pytest.mark.parametrize("ignored", [0.0, 0.1, 0.6])
def test_packed_counts_are_the_dense_ones_bit_for_bit(width: int, ignored: float) -> None:
    rng = np.random.default_rng(width)
    radii = (0, 1, 2, 3, 9, 70)
    for height in (1, 2, 17, 40):
        predicted, truth = blob(rng, height, width), blob(rng, height, width)
        valid = rng.random((height, width)) >= ignored
        counts = packed_edge_counts(pack(predicted), pack(truth), pack(valid), radii)
        assert counts.tolist() == dense_counts(predicted, truth, valid, radii)


def test_empty_and_full_masks_have_no_boundary() -> None:
    empty, full = np.zeros((10, 70), dtype=bool), np.ones((10, 70), dtype=bool)
    counts = packed_edge_counts(pack(empty), pack(full), pack(full), (2,))
    assert counts.tolist() == [[0, 0, 0, 700, 0], [0, 0, 0, 0, 0]]


def test_the_first_pixel_is_the_lowest_bit_and_the_rest_of_the_last_word_is_zero() -> None:
    mask = np.zeros((1, 66), dtype=bool)
    mask[0, [0, 65]] = True
    assert pack(mask).tolist() == [[1, 2]]
