import numpy as np
import pytest

from evaluation.metrics.boundary import dilate, inner_boundary
from evaluation.metrics.packed import packed_edge_counts
from tests.support.shapes import blob


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
        counts = packed_edge_counts(predicted, truth, valid, radii)
        assert counts.tolist() == dense_counts(predicted, truth, valid, radii)


def test_empty_and_full_masks_have_no_boundary() -> None:
    empty, full = np.zeros((10, 70), dtype=bool), np.ones((10, 70), dtype=bool)
    counts = packed_edge_counts(empty, full, None, (2,))
    assert counts.tolist() == [[0, 0, 0, 700, 0], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize("width", [1, 63, 64, 65, 130])
def test_no_ignored_pixel_is_the_same_as_all_valid(width: int) -> None:
    rng = np.random.default_rng(width)
    predicted, truth = blob(rng, 21, width), blob(rng, 21, width)
    given = packed_edge_counts(predicted, truth, np.ones_like(truth), (0, 2, 5))
    assert np.array_equal(packed_edge_counts(predicted, truth, None, (0, 2, 5)), given)


def test_outlines_that_are_drawn_already_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(8)
    predicted, truth, valid = blob(rng, 30, 70), blob(rng, 30, 70), rng.random((30, 70)) > 0.2
    drawn = packed_edge_counts(inner_boundary(predicted, valid), inner_boundary(truth, valid), valid, (2, 4), drawn=True)
    assert np.array_equal(drawn[1:], packed_edge_counts(predicted, truth, valid, (2, 4))[1:])
    assert drawn[0, 0] == drawn[0, 2]


def test_a_mask_that_is_a_view_of_another_array_counts_the_same() -> None:
    rng = np.random.default_rng(9)
    wide = blob(rng, 40, 200)
    view = wide[::2, 30:170]
    assert np.array_equal(packed_edge_counts(view, view, view, (1,)), packed_edge_counts(view.copy(), view.copy(), view.copy(), (1,)))
