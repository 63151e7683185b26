"""The table "Cases" of docs/evaluation.md, row by row, and what ignored pixels may not change."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.metrics.instance import MetricSpec, Observation, instance_metrics, metric_names
from evaluation.metrics.thresholds import level_counts
from evaluation.scores.curves import calibration_error, instance_curves
from tests.support.shapes import blob, soft_map

SIDE = 65  # one more than a word of 64 pixels
AREA = SIDE * SIDE
NOTHING = np.zeros((SIDE, SIDE), dtype=bool)
EVERYTHING = ~NOTHING
OUTLINES = ("edge_overlap_f_r2", "edge_tolerance_f_r2", "davis_f")
Mask = NDArray[np.bool_]


def box(left: int, top: int, width: int, height: int) -> Mask:
    mask = NOTHING.copy()
    mask[top : top + height, left : left + width] = True
    return mask


def scores(predicted: Mask, truth: Mask, ignore: Mask = NOTHING) -> dict[str, float]:
    return instance_metrics(Observation(predicted.astype(np.uint8) * 255, truth, ignore, (SIDE, SIDE)), MetricSpec())


def test_a_truth_that_is_ignored_whole_has_no_score() -> None:
    with pytest.raises(ValueError, match="true mask is empty"):
        scores(EVERYTHING, box(5, 5, 9, 9), box(0, 0, 20, 20))


def test_an_empty_prediction_scores_zero_but_for_the_background_that_it_shares() -> None:
    truth = box(10, 10, 20, 30)
    found = scores(NOTHING, truth)
    share = 600 / AREA
    assert (found["mae"], found["brier"], found["tracing_s"]) == (pytest.approx(share), pytest.approx(share), 63.0)
    assert 0 < found["s_measure"] < 0.5 and 0 < found["e_mean"] < 1 - share
    zero = set(metric_names(MetricSpec())) - {"mae", "brier", "tracing_s", "s_measure", "e_mean", "e_adaptive", "f_adaptive"}
    # Twice the mean of nothing is a threshold of 0, which takes every pixel: precision is the share, recall 1.
    assert found["f_adaptive"] == pytest.approx(1.3 * share / (0.3 * share + 1))
    assert {name: found[name] for name in zero} == dict.fromkeys(zero, pytest.approx(0.0, abs=1e-12))


def test_masks_that_both_fill_the_frame_are_equal_without_an_outline() -> None:
    found = scores(EVERYTHING, EVERYTHING)
    assert [found[name] for name in (*OUTLINES, "iou", "boundary_iou", "s_measure", "f_weighted")] == [pytest.approx(1.0)] * 7
    assert found["tracing_saved"] == pytest.approx(60 / 63)


@pytest.mark.parametrize("inside", [box(20, 20, 20, 20), EVERYTHING & ~box(30, 30, 5, 5)])
def test_when_one_mask_alone_fills_the_frame_no_outline_is_found(inside: Mask) -> None:
    for predicted, truth in ((EVERYTHING, inside), (inside, EVERYTHING)):
        found = scores(predicted, truth)
        assert [found[name] for name in OUTLINES] == [0.0] * 3
        assert found["tracing_saved"] == 0.0
        assert found["iou"] == inside.sum() / AREA


def test_a_one_pixel_object_is_its_own_outline() -> None:
    here, beside = box(30, 30, 1, 1), box(31, 30, 1, 1)
    assert [scores(here, here)[name] for name in (*OUTLINES, "iou", "boundary_iou")] == [1.0] * 5
    found = scores(beside, here)
    # Discs of radius 2 hold 13 pixels; one pixel apart they share 8.
    assert found["edge_overlap_f_r2"] == pytest.approx(8 / 13)
    assert (found["edge_tolerance_f_r1"], found["iou"], found["boundary_iou"]) == (1.0, 0.0, 0.0)


def test_an_object_that_the_frame_cuts_has_no_outline_along_it() -> None:
    truth = box(0, 0, 30, SIDE)
    assert [scores(truth, truth)[name] for name in (*OUTLINES, "iou", "boundary_iou")] == [1.0] * 5
    found = scores(box(0, 0, 33, SIDE), truth)
    assert (found["edge_tolerance_f_r2"], found["edge_tolerance_f_r3"]) == (0.0, 1.0)
    # For boundary IoU the frame is background: bands of 2 px run along it, 2 columns and 28 times 4 pixels of them in both masks.
    bands = [width * SIDE - (width - 4) * (SIDE - 4) for width in (30, 33)]
    common = 2 * SIDE + 28 * 4
    assert found["boundary_iou"] == pytest.approx(common / (sum(bands) - common))


def test_of_two_parts_one_is_found() -> None:
    one, both = box(5, 5, 12, 12), box(5, 5, 12, 12) | box(40, 40, 12, 12)
    found = scores(one, both)
    assert (found["edge_tolerance_precision_r2"], found["edge_tolerance_recall_r2"]) == (1.0, 0.5)
    assert (found["iou"], found["recall"], found["boundary_iou"]) == (0.5, 0.5, 0.5)
    assert found["tracing_s"] == 3 + 3 + 30  # accept, start one outline, trace half of all


def test_a_hole_has_an_outline_and_a_filled_one_misses_it() -> None:
    ring = box(10, 10, 40, 40) & ~box(22, 22, 16, 16)
    found = scores(box(10, 10, 40, 40), ring)
    outer, inner = 4 * 39, 4 * 16
    assert found["edge_tolerance_recall_r2"] == pytest.approx(outer / (outer + inner))
    assert scores(ring, ring)["edge_overlap_f_r3"] == 1.0


def test_a_radius_beyond_the_object_and_the_frame_finds_every_outline() -> None:
    found = instance_metrics(
        Observation(box(0, 0, 3, 3).astype(np.uint8) * 255, box(60, 60, 3, 3), NOTHING, (9, 9)), MetricSpec(edge_tolerance=200)
    )
    assert (found["edge_overlap_f_r200"], found["edge_tolerance_f_r200"], found["edge_tolerance_f_r3"]) == (1.0, 1.0, 0.0)


def test_ignored_pixels_that_touch_the_outline_take_it_away_on_both_sides() -> None:
    truth, wider = box(10, 10, 30, 30), box(10, 10, 40, 30)
    found = scores(wider, truth, box(38, 0, 27, SIDE))
    perfect = {*OUTLINES, "iou", "boundary_iou", "s_measure", "f_weighted", "precision", "recall"}
    assert {name: found[name] for name in perfect} == dict.fromkeys(perfect, pytest.approx(1.0))
    assert (found["mae"], found["tracing_saved"]) == (0.0, pytest.approx(60 / 63))


@pytest.mark.parametrize("shape", [(64, 64), (33, 65), (70, 129), (17, 31)])
def test_no_metric_depends_on_what_lies_under_ignored_pixels(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    for _ in range(8):
        truth, ignore, other = blob(rng, *shape), blob(rng, *shape), blob(rng, *shape)
        truth[0, 0], ignore[0, 0] = True, False
        levels = soft_map(rng, truth)
        first = instance_metrics(Observation(levels, truth, ignore, (shape[1], shape[0])), MetricSpec())
        changed = np.where(ignore, soft_map(rng, other), levels), np.where(ignore, other, truth)
        assert instance_metrics(Observation(*changed, ignore, (shape[1], shape[0])), MetricSpec()) == first


def test_the_calibration_error_is_the_gap_between_probability_and_truth_by_bins() -> None:
    rng = np.random.default_rng(1)
    truth = blob(rng, 40, 50)
    levels, valid = soft_map(rng, truth), rng.random(truth.shape) > 0.2
    gaps = []
    for low in range(0, 256, 16):
        here = valid & (levels >= low) & (levels < low + 16)
        if here.any():
            gaps.append(here.sum() / valid.sum() * abs((levels[here] / 255).mean() - truth[here].mean()))
    assert calibration_error(instance_curves(level_counts(levels, truth, valid))) == pytest.approx(sum(gaps), abs=1e-12)
    sure = truth.astype(np.uint8) * 255
    assert calibration_error(instance_curves(level_counts(sure, truth, valid))) == 0.0
    assert calibration_error(instance_curves(level_counts(255 - sure, truth, valid))) == 1.0
