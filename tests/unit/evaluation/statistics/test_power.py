import math

import numpy as np
import pytest
from scipy import stats

from evaluation.statistics.power import instances_needed, smallest_visible_drop


def test_a_one_point_drop_needs_about_a_thousand_instances() -> None:
    assert 800 < instances_needed(0.01, alpha=0.05, power=0.8, deviation=0.108, design_effect=1.15) < 1300


def test_the_smallest_visible_drop_is_seen_with_the_stated_power() -> None:
    rng, images, spread = np.random.default_rng(0), 40, 0.12
    drop = smallest_visible_drop(spread / math.sqrt(images), images - 1, alpha=0.05, power=0.8)
    trials = rng.normal(-drop, spread, (4000, images))
    t = trials.mean(axis=1) / (trials.std(axis=1, ddof=1) / math.sqrt(images))
    seen = float(np.mean(stats.t.cdf(t, images - 1) < 0.05))
    assert seen == pytest.approx(0.8, abs=0.02)


def test_one_image_sees_nothing() -> None:
    assert smallest_visible_drop(math.nan, math.inf, alpha=0.05, power=0.8) == math.inf
    with pytest.raises(ValueError, match="must be > 0"):
        instances_needed(0, alpha=0.05, power=0.8)
