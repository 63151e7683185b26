import numpy as np
import pytest

from evaluation.metrics.baselines import BASELINES, CEILINGS, at_resolution, filled_box, inscribed_ellipse, reference_mask


def test_the_box_is_filled_and_cut_at_the_frame() -> None:
    assert filled_box((4, 5), (-1, 2, 3, 9)).astype(int).tolist() == [[0] * 5, [0] * 5, [1, 1, 0, 0, 0], [1, 1, 0, 0, 0]]


def test_the_ellipse_touches_the_four_sides_of_its_box() -> None:
    ellipse = inscribed_ellipse((40, 60), (10, 5, 40, 30))
    rows, columns = np.nonzero(ellipse)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (5, 35, 10, 50)
    assert ellipse.sum() == pytest.approx(np.pi * 20 * 15, rel=0.01)
    assert not ellipse[5, 10]


def test_a_low_resolution_truth_loses_what_is_thinner_than_its_pixels() -> None:
    truth = np.zeros((64, 64), dtype=bool)
    truth[8:40, 8:40] = True
    truth[50, 5:60] = True
    assert np.array_equal(at_resolution(truth, 2)[10:38, 10:38], truth[10:38, 10:38])
    assert not at_resolution(truth, 8)[50].any()


def test_every_reference_has_the_frame_of_the_truth() -> None:
    truth = np.zeros((13, 21), dtype=bool)
    truth[3:9, 4:17] = True
    for name in (*BASELINES, *CEILINGS):
        mask = reference_mask(name, truth, (4, 3, 13, 6))
        assert mask.shape == truth.shape and mask.dtype == np.bool_
    with pytest.raises(ValueError, match="expected one of"):
        reference_mask("floor-circle", truth, (0, 0, 1, 1))
