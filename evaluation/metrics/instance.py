"""Every metric of one instance, by name."""

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.boundary import relative_radius
from evaluation.metrics.boundary_iou import boundary_iou
from evaluation.metrics.davis import davis_f
from evaluation.metrics.edges import EdgeCounts, edge_counts
from evaluation.metrics.regions import brier_score, mean_absolute_error, region_scores
from evaluation.metrics.structure import structure_measure
from evaluation.metrics.thresholds import LevelCounts, adaptive_scores, e_curve, f_curve, level_counts, precision_recall_curves
from evaluation.metrics.tracing import TracingPrices, tracing_work
from evaluation.metrics.weighted_f import weighted_f_measure
from imaging.masks.rle import Mask

HALF = 128
"""An 8-bit probability at or above this is object."""
FIXED_RADII = (1, 2, 3)
_WITHOUT_RADIUS = re.compile(r"edge_(overlap|tolerance)_(precision|recall|f)")
LOWER_IS_BETTER = frozenset({"mae", "brier", "tracing_s"})


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """The settings that scores depend on."""

    edge_tolerance: int = 2  # px
    prices: TracingPrices = field(default_factory=TracingPrices)

    @property
    def radii(self) -> tuple[int, ...]:
        """The fixed radii at which edges are scored, in pixels."""
        return tuple(sorted({*FIXED_RADII, self.edge_tolerance}))


@dataclass(frozen=True, slots=True)
class Observation:
    """One instance in the frame of its crop's window."""

    levels: NDArray[np.uint8]  # (H, W) probability times 255
    truth: Mask  # (H, W)
    ignore: Mask  # (H, W)
    box_size: tuple[int, int]  # width, height of the instance's box


def full_metric_name(name: str, edge_tolerance: int) -> str:
    """Return the stored name of a metric: an edge metric without a radius means the one at `edge_tolerance`."""
    return f"{name}_r{edge_tolerance}" if _WITHOUT_RADIUS.fullmatch(name) else name


def metric_names(spec: MetricSpec) -> tuple[str, ...]:
    """Return the names of all metrics of one instance, in the order in which they are stored."""
    edges = [
        f"edge_{family}_{part}_r{radius}"
        for family in ("overlap", "tolerance")
        for radius in (*spec.radii, "box")
        for part in ("precision", "recall", "f")
    ]
    regions = ["iou", "dice", "precision", "recall", "mae", "brier"]
    saliency = ["f_adaptive", "f_half", "f_weighted", "s_measure", "e_adaptive", "e_mean"]
    return (*edges, *regions, *saliency, "boundary_iou", "davis_f", "tracing_s", "tracing_saved")


def instance_metrics(observation: Observation, spec: MetricSpec) -> dict[str, float]:
    """Score one instance.

    Raises:
        ValueError: The truth has no pixel that is not ignored.
    """
    predicted, truth, valid = observation.levels >= HALF, observation.truth, ~observation.ignore
    relative = relative_radius(*observation.box_size)
    counts = edge_counts(predicted, truth, radii=(*spec.radii, relative), ignore=observation.ignore)
    work = tracing_work(predicted, truth, tolerance=spec.edge_tolerance, valid=valid, prices=spec.prices)
    return {
        **region_scores(counts.predicted_area, counts.truth_area, counts.common_area),
        **_edge_metrics(counts, spec.radii, relative),
        **_map_metrics(observation, level_counts(observation.levels, truth, valid), valid),
        "boundary_iou": boundary_iou(predicted, truth, valid),
        "davis_f": davis_f(predicted, truth, valid),
        "tracing_s": work.seconds,
        "tracing_saved": work.saved,
    }


def _edge_metrics(counts: EdgeCounts, radii: tuple[int, ...], relative: int) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for label, radius in (*((str(radius), radius) for radius in radii), ("box", relative)):
        for family, score in (("overlap", counts.overlap(radius)), ("tolerance", counts.tolerance(radius))):
            metrics[f"edge_{family}_precision_r{label}"] = score.precision
            metrics[f"edge_{family}_recall_r{label}"] = score.recall
            metrics[f"edge_{family}_f_r{label}"] = score.f
    return metrics


def _map_metrics(observation: Observation, counts: LevelCounts, valid: Mask) -> dict[str, float]:
    truth, probability = observation.truth, observation.levels / 255
    f_adaptive, e_adaptive = adaptive_scores(observation.levels, counts, valid)
    return {
        "mae": mean_absolute_error(probability, truth, valid),
        "brier": brier_score(probability, truth, valid),
        "f_adaptive": f_adaptive,
        "f_half": float(f_curve(*precision_recall_curves(counts))[255 - HALF]),
        "f_weighted": weighted_f_measure(probability, truth, valid),
        "s_measure": structure_measure(probability, truth, valid),
        "e_adaptive": e_adaptive,
        "e_mean": float(e_curve(counts).mean()),
    }
