import numpy as np
import pytest

from evaluation.metrics.edges import edge_counts, edge_precision_recall


def square(left: int, top: int, side: int, shape: tuple[int, int] = (24, 24)) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_equal_masks_score_one_in_both_families() -> None:
    counts = edge_counts(square(5, 5, 8), square(5, 5, 8), radii=(0, 1, 2, 30))
    for radius in counts.radii:
        for score in (counts.overlap(radius), counts.tolerance(radius)):
            assert (score.precision, score.recall, score.f) == (1.0, 1.0, 1.0)


def test_an_empty_prediction_scores_zero_and_not_the_precision_of_one_that_davis_gives() -> None:
    counts = edge_counts(np.zeros((24, 24), dtype=bool), square(5, 5, 8), radii=(2,))
    assert (counts.overlap(2).precision, counts.tolerance(2).precision, counts.tolerance(2).f) == (0.0, 0.0, 0.0)


def test_a_mask_that_fills_the_frame_scores_one_only_when_equal() -> None:
    full = np.ones((9, 9), dtype=bool)
    assert edge_precision_recall(full, full, tolerance=2).f == 1.0
    assert edge_precision_recall(square(2, 2, 4, (9, 9)), full, tolerance=2).f == 0.0
    assert edge_precision_recall(full, square(2, 2, 4, (9, 9)), tolerance=2).f == 0.0


def test_a_uniform_shift_by_three_pixels_has_no_outline_within_two() -> None:
    counts = edge_counts(square(3, 3, 18), square(6, 6, 12), radii=(2, 3))
    assert counts.tolerance(2).f == 0.0
    assert counts.tolerance(3).recall == 1.0


def test_the_overlap_of_two_one_pixel_objects_is_counted_by_hand() -> None:
    predicted, truth = np.zeros((9, 9), dtype=bool), np.zeros((9, 9), dtype=bool)
    predicted[4, 4], truth[4, 5] = True, True
    counts = edge_counts(predicted, truth, radii=(1,))
    # Two plus signs of five pixels, one pixel apart: they share the two centres.
    assert counts.overlap(1).precision == pytest.approx(2 / 5)
    assert counts.tolerance(1).f == 1.0


def test_holes_and_parts_have_outlines_too() -> None:
    ring = square(4, 4, 12)
    ring[8:12, 8:12] = False
    whole = square(4, 4, 12)
    recall = edge_counts(whole, ring, radii=(1,)).tolerance(1).recall
    outer, inner = 4 * 11, 16
    assert recall == pytest.approx(outer / (outer + inner))
    parts = square(2, 2, 5) | square(14, 14, 5)
    assert edge_counts(square(2, 2, 5), parts, radii=(1,)).tolerance(1).recall == pytest.approx(0.5)


def test_a_straight_cut_at_the_frame_is_no_edge() -> None:
    truth = np.zeros((10, 20), dtype=bool)
    truth[:, :7] = True
    counts = edge_counts(truth, truth, radii=(2,))
    assert counts.truth_boundary == 10


def test_ignored_pixels_count_for_nothing() -> None:
    truth, predicted = square(5, 5, 8), square(5, 5, 8)
    predicted[5:13, 13:18] = True
    ignore = np.zeros_like(truth)
    ignore[:, 13:] = True
    assert edge_precision_recall(predicted, truth, tolerance=2).f < 1
    assert edge_precision_recall(predicted, truth, tolerance=2, ignore=ignore).f == 1.0


def test_frames_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="share one frame"):
        edge_counts(np.zeros((3, 3), dtype=bool), np.zeros((3, 4), dtype=bool), radii=(1,))
