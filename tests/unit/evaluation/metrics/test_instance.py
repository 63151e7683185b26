import numpy as np
import pytest

from evaluation.metrics.instance import LOWER_IS_BETTER, MetricSpec, Observation, full_metric_name, instance_metrics, metric_names
from tests.support.shapes import blob


def perfect(truth: np.ndarray) -> Observation:
    return Observation(truth.astype(np.uint8) * 255, truth, np.zeros_like(truth), (truth.shape[1], truth.shape[0]))


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (33, 65), (120, 70)])
def test_a_perfect_prediction_is_perfect_in_every_metric(shape: tuple[int, int]) -> None:
    truth = blob(np.random.default_rng(0), *shape)
    truth[0, 0] = True
    metrics = instance_metrics(perfect(truth), MetricSpec())
    for name, value in metrics.items():
        if name == "tracing_s":
            assert value == 3.0
        elif name == "tracing_saved":
            assert value == pytest.approx(60 / 63)
        elif name in LOWER_IS_BETTER:
            assert value == 0.0
        elif not name.startswith("e_"):
            assert value == pytest.approx(1.0), name


def test_the_names_are_those_of_the_metrics_whatever_the_tolerance() -> None:
    truth = blob(np.random.default_rng(1), 20, 20)
    for spec in (MetricSpec(), MetricSpec(edge_tolerance=5)):
        assert set(instance_metrics(perfect(truth), spec)) == set(metric_names(spec))
    assert "edge_overlap_f_r5" in metric_names(MetricSpec(edge_tolerance=5))


def test_an_edge_metric_without_a_radius_is_the_one_at_the_tolerance() -> None:
    assert full_metric_name("edge_overlap_f", 2) == "edge_overlap_f_r2"
    assert full_metric_name("edge_tolerance_recall", 3) == "edge_tolerance_recall_r3"
    assert full_metric_name("edge_overlap_f_rbox", 2) == "edge_overlap_f_rbox"
    assert full_metric_name("iou", 2) == "iou"


def test_an_instance_without_pixels_has_no_score() -> None:
    empty = np.zeros((5, 5), dtype=bool)
    with pytest.raises(ValueError, match="true mask is empty"):
        instance_metrics(perfect(empty), MetricSpec())
