"""What a metric can be, and that no bound lies outside."""

import math

import numpy as np
import pytest

from evaluation.metrics.instance import MetricSpec, Observation, instance_metrics, metric_names
from evaluation.metrics.ranges import difference_range, value_range
from evaluation.statistics.clusters import Interval


@pytest.mark.parametrize("shape", ["empty", "full", "noise"])
def test_every_metric_lies_in_its_range(shape: str) -> None:
    truth = np.zeros((40, 40), bool)
    truth[4:36, 10:30] = True
    levels = {"empty": np.zeros((40, 40)), "full": np.full((40, 40), 255), "noise": np.random.default_rng(3).integers(0, 256, (40, 40))}
    scores = instance_metrics(Observation(levels[shape].astype(np.uint8), truth, np.zeros_like(truth), (20, 32)), MetricSpec())
    assert set(scores) == set(metric_names(MetricSpec()))
    for name, score in scores.items():
        least, greatest = value_range(name)
        assert least <= score <= greatest, name


def test_a_metric_under_a_jitter_has_the_range_of_the_metric() -> None:
    assert value_range("tracing_s@worst") == (0.0, math.inf) and value_range("iou@loose-25") == (0.0, 1.0)


def test_differences_lie_between_the_ends() -> None:
    assert difference_range("iou") == (-1.0, 1.0) and difference_range("tracing_saved") == (-math.inf, math.inf)


def test_bounds_end_where_the_mean_must_and_a_missing_bound_stays_missing() -> None:
    found = Interval(0.97, 0.9, 1.04, 0.03, 0.5, 3, 2, "cluster-t")
    assert (found.within(0, 1).lower, found.within(0, 1).upper) == (0.9, 1.0)
    none = Interval(0.97, -math.inf, math.inf, math.nan, math.nan, 3, 1, "none")
    assert none.within(0, 1).lower == -math.inf
