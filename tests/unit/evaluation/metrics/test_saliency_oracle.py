"""The published saliency metrics against PySODMetrics, with its per-map rescaling switched off."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import py_sod_metrics
import pytest
from numpy.typing import NDArray

from evaluation.metrics.regions import mean_absolute_error
from evaluation.metrics.structure import structure_measure
from evaluation.metrics.thresholds import adaptive_scores, e_curve, f_curve, level_counts, precision_recall_curves
from evaluation.metrics.weighted_f import weighted_f_measure
from evaluation.scores.curves import Curves, instance_curves, no_curves, summary
from tests.support.shapes import blob, soft_map

Pair = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def random_pairs(count: int) -> Iterator[Pair]:
    rng = np.random.default_rng(5)
    for index in range(count):
        truth = blob(rng, int(rng.integers(8, 60)), int(rng.integers(8, 80)))
        yield (rng.integers(0, 256, truth.shape).astype(np.uint8) if index % 3 == 0 else soft_map(rng, truth)), truth


def fixture_pairs(folder: Path) -> list[Pair]:
    masks = sorted(path for path in folder.rglob("*.png") if "mask" in str(path.parent).lower())
    pairs = []
    for path in masks:
        found = [other for other in folder.rglob(path.name) if other != path]
        truth = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        prediction = cv2.imread(str(found[0]), cv2.IMREAD_GRAYSCALE)
        assert truth is not None and prediction is not None
        pairs.append((prediction, truth > 128))
    return pairs


@pytest.fixture(scope="module")
def pairs(data_folder: Path) -> list[Pair]:
    found = fixture_pairs(data_folder / "saliency" / "pysodmetrics_fixture")
    assert len(found) == 3
    return [*found, *random_pairs(30)]


def oracle(name: str) -> py_sod_metrics.Fmeasure:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it announces a successor of its own class
        return getattr(py_sod_metrics, name)()


def step(metric: py_sod_metrics.Fmeasure, levels: NDArray[np.uint8], truth: NDArray[np.bool_]) -> None:
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric.step(levels / 255, truth, normalize=False)


def test_every_map_metric_equals_the_oracle(pairs: list[Pair]) -> None:
    for levels, truth in pairs:
        valid = np.ones_like(truth)
        metrics = {name: oracle(name) for name in ("MAE", "Smeasure", "Emeasure", "Fmeasure", "WeightedFmeasure")}
        for metric in metrics.values():
            step(metric, levels, truth)
        counts = level_counts(levels, truth, valid)
        adaptive_f, adaptive_e = adaptive_scores(levels, counts, valid)
        assert mean_absolute_error(levels / 255, truth, valid) == pytest.approx(metrics["MAE"].get_results()["mae"], abs=1e-12)
        assert structure_measure(levels / 255, truth, valid) == pytest.approx(metrics["Smeasure"].get_results()["sm"], abs=1e-9)
        assert weighted_f_measure(levels / 255, truth, valid) == pytest.approx(metrics["WeightedFmeasure"].get_results()["wfm"], abs=1e-9)
        e, f = metrics["Emeasure"].get_results()["em"], metrics["Fmeasure"].get_results()
        assert np.allclose(e_curve(counts), e["curve"], rtol=0, atol=1e-9)
        assert adaptive_e == pytest.approx(e["adp"], abs=1e-9)
        assert adaptive_f == pytest.approx(f["fm"]["adp"], abs=1e-9)
        precision, recall = precision_recall_curves(counts)
        assert np.allclose(precision, f["pr"]["p"], rtol=0, atol=1e-12)
        assert np.allclose(recall, f["pr"]["r"], rtol=0, atol=1e-12)
        assert np.allclose(f_curve(precision, recall), f["fm"]["curve"], rtol=0, atol=1e-12)


def test_max_f_is_of_the_mean_curve_over_the_set(pairs: list[Pair]) -> None:
    total: Curves = no_curves()
    metric = oracle("Fmeasure")
    for levels, truth in pairs:
        total = total + instance_curves(level_counts(levels, truth, np.ones_like(truth)))
        step(metric, levels, truth)
    curves = metric.get_results()["pr"]
    expected = float(f_curve(curves["p"], curves["r"]).max())
    assert summary(total)["f_max"] == pytest.approx(expected, abs=1e-12)


def test_what_is_ignored_changes_no_map_metric() -> None:
    for levels, truth in random_pairs(6):
        valid = np.random.default_rng(1).random(truth.shape) > 0.3
        flipped = np.where(valid, levels, 255 - levels)
        counts = [level_counts(item, truth, valid) for item in (levels, flipped)]
        assert adaptive_scores(levels, counts[0], valid) == adaptive_scores(flipped, counts[1], valid)
        for metric in (mean_absolute_error, structure_measure, weighted_f_measure):
            assert metric(levels / 255, truth, valid) == metric(flipped / 255, truth, valid)


def test_one_pixel_and_whole_frame_truths_are_scored() -> None:
    one = np.zeros((6, 7), dtype=bool)
    one[5, 6] = True
    valid = np.ones_like(one)
    assert structure_measure(one.astype(float), one, valid) == pytest.approx(1.0)
    assert structure_measure(valid.astype(float), valid, valid) == pytest.approx(1.0)
    assert weighted_f_measure(one.astype(float), one, valid) == pytest.approx(1.0)
