import numpy as np
import pytest
from scipy import stats

from evaluation.statistics.clusters import Interval, cluster_sums, interval
from evaluation.statistics.regressions import regression_p_values
from evaluation.statistics.skewness import lent_skewness, skewed, unskewed


def gains(rng: np.random.Generator, strata: int, images: int, *, rare: float) -> list[Interval]:
    """Strata without any true change: many small losses and rare large gains where `rare` is 1, the mirror image where it is -1."""
    drawn = rare * (rng.exponential(0.1, (strata, images)) - 0.1)
    return [interval(cluster_sums(values, np.arange(images)), alpha=0.05, draws=200, seed=1) for values in drawn]


@pytest.mark.parametrize("skewness", [-0.6, -0.1, 0.0, 0.2, 1.0])
def test_taking_skewness_out_and_putting_it_in_are_inverse_and_rising(skewness: float) -> None:
    values = np.linspace(-6, 6, 49)
    turned = [unskewed(float(value), skewness) for value in values]
    assert [skewed(value, skewness) for value in turned] == pytest.approx(values, abs=1e-6)
    assert (np.diff(turned) >= 0).all()


def test_the_mean_of_skewed_values_follows_t_once_its_skewness_is_out() -> None:
    values = np.random.default_rng(1).exponential(1, (40_000, 40)) - 1
    t = values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(40))
    lent = float(np.mean(stats.skew(values, axis=1))) / np.sqrt(40)
    corrected = np.array([unskewed(float(value), lent) for value in t])
    plain, better = (float(np.mean(stats.t.cdf(found, 39) < 0.005)) for found in (t, corrected))
    assert plain > 0.012
    assert better == pytest.approx(0.005, abs=0.0015)


def test_skewness_is_lent_by_the_root_of_the_number_of_images() -> None:
    lent = lent_skewness(np.array([0.4, 0.0, 0.3]), np.array([25.0, 100.0, 100.0]))
    assert lent == pytest.approx([(0.4 * 5 + 0.3 * 10) / 3 / 5, 5 / 3 / 10, 5 / 3 / 10])


def test_rare_large_gains_are_no_drop_and_rare_large_losses_hide_none() -> None:
    rng = np.random.default_rng(2)
    alarms = {}
    for rare in (1, -1):
        found = [gains(rng, 30, 60, rare=rare) for _ in range(60)]
        corrected = np.concatenate([regression_p_values(["iou"] * 30, strata) for strata in found])
        plain = np.array([gain.p_worse for strata in found for gain in strata])
        assert (corrected >= plain).all()
        alarms[rare] = float(np.mean(plain < 0.01)), float(np.mean(corrected < 0.01))
    assert alarms[1][0] > 0.018
    assert alarms[1][1] < 0.015
    assert alarms[-1][1] < 0.01


def test_metrics_lend_no_skewness_to_each_other() -> None:
    rng = np.random.default_rng(3)
    right, left = gains(rng, 10, 60, rare=1), gains(rng, 10, 60, rare=-1)
    apart = regression_p_values(["iou"] * 10 + ["mae"] * 10, [*right, *left])
    assert apart.tolist() == [*regression_p_values(["iou"] * 10, right), *regression_p_values(["mae"] * 10, left)]


def test_one_image_and_no_difference_show_no_drop() -> None:
    one = interval(cluster_sums(np.array([-0.5]), np.array([3])), alpha=0.05, draws=200, seed=1)
    same = interval(cluster_sums(np.zeros(9), np.arange(9)), alpha=0.05, draws=200, seed=1)
    assert regression_p_values(["iou", "iou"], [one, same]).tolist() == [1.0, 1.0]


def test_images_that_agree_exactly_are_judged_by_their_number() -> None:
    for images, p_value in ((2, 0.25), (10, 2.0**-10)):
        lost = interval(cluster_sums(np.full(images, -0.25), np.arange(images)), alpha=0.05, draws=200, seed=1)
        assert regression_p_values(["iou"], [lost]).tolist() == [p_value]
