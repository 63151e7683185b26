"""Means by box, and the gateable worst, for strata of invented scores."""

import numpy as np
import pyarrow as pa
import pytest

from evaluation.scores.paired import PairedScores
from evaluation.scores.robust_curves import AS_LABELLED, CURVES, jitters_scored, robust_rows
from evaluation.scores.strata import shown_patterns
from evaluation.scores.stratum_rows import IntervalSpec
from imaging.jitter import JITTERS

CROPS = pa.table({"domain": ["a", "a", "b", "b"]})
IMAGES = np.array([0, 1, 2, 3])


def scores(metric: str, candidate: list[float], champion: list[float]) -> PairedScores:
    return PairedScores(metric, CROPS, IMAGES, {"new": np.array(candidate), "old": np.array(champion)})


def test_each_stratum_has_its_mean_under_each_box_and_its_fall_to_the_worst() -> None:
    by_box = {
        AS_LABELLED: scores("iou", [0.8, 0.6, 0.5, 0.5], [0.7, 0.7, 0.7, 0.7]),
        "off-10": scores("iou", [0.6, 0.6, 0.5, 0.1], [0.7, 0.7, 0.7, 0.5]),
        "worst": scores("iou", [0.6, 0.4, 0.5, 0.1], [0.7, 0.7, 0.7, 0.5]),
    }
    everything, first, second = robust_rows(by_box, ["new", "old"], shown_patterns(["domain"], []), IntervalSpec(draws=200))
    assert [row.name for row in (everything, first, second)] == ["all", "domain=a", "domain=b"]
    assert first.means["new"] == pytest.approx({AS_LABELLED: 0.7, "off-10": 0.6})
    assert second.means["old"] == pytest.approx({AS_LABELLED: 0.7, "off-10": 0.6})
    assert (first.worst.mean, first.fall.mean) == pytest.approx((0.5, -0.2))
    assert everything.fall.mean == pytest.approx(-0.2)
    assert everything.fall.lower < -0.2 < everything.fall.upper


def test_an_error_that_grows_is_a_fall() -> None:
    by_box = {AS_LABELLED: scores("mae", [0.1] * 4, [0.1] * 4), "worst": scores("mae", [0.3] * 4, [0.1] * 4)}
    (row,) = robust_rows(by_box, ["new"], shown_patterns([], []), IntervalSpec(draws=200))
    assert row.fall.mean == pytest.approx(-0.2)


def test_only_boxes_under_which_every_model_was_scored_are_drawn() -> None:
    names = ["new", "old", "floor-box", "new@off-20", "new@cut-5", "old@cut-5", "new@loose-10", "old@loose-10"]
    assert jitters_scored(names, ["new", "old"]) == ["cut-5", "loose-10"]
    assert jitters_scored(names, ["new"]) == ["cut-5", "loose-10", "off-20"]


def test_every_jitter_stands_on_one_curve() -> None:
    drawn = [jitter for curve in CURVES.values() for jitter in curve if jitter]
    assert sorted(drawn) == sorted(JITTERS)
    assert all(None in curve for curve in CURVES.values())
