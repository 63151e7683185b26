import math

import numpy as np
import pytest
from scipy import stats

from evaluation.statistics.bootstrap import bca_bounds, bootstrap_means
from evaluation.statistics.clusters import cluster_sums, degrees_of_freedom, interval, standard_error


def test_one_instance_an_image_is_the_ordinary_t_interval() -> None:
    values = np.random.default_rng(0).normal(0.1, 1, 30)
    found = interval(cluster_sums(values, np.arange(30)), alpha=0.05, draws=500, seed=1)
    expected = stats.ttest_1samp(values, 0, alternative="less")
    assert found.method == "cluster-t"
    assert found.p_worse == pytest.approx(expected.pvalue)
    assert (found.degrees_of_freedom, found.skewness) == (29, pytest.approx(stats.skew(values) / math.sqrt(30)))


def test_a_bound_is_the_t_tests_on_the_side_of_the_short_tail_and_wider_on_the_other() -> None:
    values = np.random.default_rng(0).exponential(1, 30)
    found = interval(cluster_sums(values, np.arange(30)), alpha=0.05, draws=500, seed=1)
    low, high = (stats.ttest_1samp(values, 0, alternative=side).confidence_interval(0.95) for side in ("greater", "less"))
    assert found.lower == pytest.approx(low.low)
    assert found.upper > high.high + 0.03
    mirrored = interval(cluster_sums(-values, np.arange(30)), alpha=0.05, draws=500, seed=1)
    assert (mirrored.lower, mirrored.upper) == pytest.approx((-found.upper, -found.lower))


def test_few_large_images_count_as_few() -> None:
    assert degrees_of_freedom(np.full(20, 3)) == pytest.approx(19)
    assert degrees_of_freedom(np.array([40, 40, *[1] * 18])) == pytest.approx(98**2 / (2 * 1600 + 18) - 1)
    assert degrees_of_freedom(np.array([1000, 1])) == 1


def test_an_image_counted_twice_adds_no_information() -> None:
    values = np.random.default_rng(1).normal(0, 1, 25)
    once = cluster_sums(values, np.arange(25))
    twice = cluster_sums(np.repeat(values, 4), np.repeat(np.arange(25), 4))
    assert standard_error(twice) == pytest.approx(standard_error(once))


def test_one_image_allows_no_interval() -> None:
    found = interval(cluster_sums(np.array([0.5, 0.6]), np.array([7, 7])), alpha=0.05, draws=500, seed=1)
    assert (found.lower, found.upper, found.method, found.images) == (-math.inf, math.inf, "none", 1)
    assert math.isnan(found.p_worse)


def test_equal_models_have_a_sure_gain_of_zero() -> None:
    found = interval(cluster_sums(np.zeros(90), np.arange(90)), alpha=0.05, draws=500, seed=1)
    assert (found.mean, found.lower, found.upper, found.p_worse) == (0.0, 0.0, 0.0, 1.0)


def test_the_bootstrap_draws_clusters_whole_and_by_its_seed_alone() -> None:
    sums, counts = np.arange(1.0, 8.0), np.array([1, 2, 3, 4, 5, 6, 7])
    means = bootstrap_means(sums, counts, draws=4000, seed=3)
    assert np.all(np.abs(means - 1.0) < 1e-12)
    other = np.array([0.5, 2.0, 1.0, 4.0, 0.0, 6.0, 3.0])
    assert not np.array_equal(bootstrap_means(other, counts, draws=50, seed=3), bootstrap_means(other, counts, draws=50, seed=4))
    assert np.array_equal(bootstrap_means(other, counts, draws=500, seed=3)[:50], bootstrap_means(other, counts, draws=50, seed=3))


def test_the_bootstraps_spread_is_that_of_an_independent_implementation() -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(1, 40, 81)
    sums = rng.normal(0, 0.3, 81) * counts
    means = bootstrap_means(sums, counts, draws=20_000, seed=9)
    drawn = rng.integers(0, 81, (20_000, 81))
    expected = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    assert means.std() == pytest.approx(expected.std(), rel=0.03)
    assert np.quantile(means, [0.05, 0.5, 0.95]) == pytest.approx(np.quantile(expected, [0.05, 0.5, 0.95]), abs=0.004)


def test_bca_agrees_with_scipy_on_independent_values() -> None:
    values = np.random.default_rng(6).exponential(1, 120)
    lower, upper = bca_bounds(values, np.ones(120, dtype=np.int64), alpha=0.05, draws=20_000, seed=2)
    expected = stats.bootstrap((values,), np.mean, confidence_level=0.9, n_resamples=20_000, method="BCa", rng=np.random.default_rng(3))
    assert (lower, upper) == pytest.approx(tuple(expected.confidence_interval), abs=0.01)


def test_from_50_images_on_the_wider_of_the_bootstrap_and_t_bounds() -> None:
    values = np.random.default_rng(7).exponential(1, 60)
    found = interval(cluster_sums(values, np.arange(60)), alpha=0.05, draws=5000, seed=1)
    lower, upper = bca_bounds(values, np.ones(60, dtype=np.int64), alpha=0.05, draws=5000, seed=1)
    reach = stats.t.ppf(0.95, 59) * stats.sem(values)
    assert found.method == "bca"
    assert found.lower == pytest.approx(values.mean() - reach) and found.lower < lower
    assert found.upper == upper > values.mean() + reach
