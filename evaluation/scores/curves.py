"""Mean curves over all thresholds and calibration, of many instances: what no single instance has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.thresholds import LEVELS, LevelCounts, e_curve, f_curve, precision_recall_curves

CALIBRATION_BINS = 16


@dataclass(frozen=True, slots=True)
class Curves:
    """Sums over instances; adding two of them is scoring both sets."""

    instances: int
    precision: NDArray[np.float64]  # (256,) threshold 255 first
    recall: NDArray[np.float64]
    e: NDArray[np.float64]
    inside: NDArray[np.int64]  # (256,) pixels of the truth at each level, 0 first
    pixels: NDArray[np.int64]  # (256,) all pixels at each level

    def __add__(self, other: "Curves") -> "Curves":
        return Curves(
            self.instances + other.instances,
            self.precision + other.precision,
            self.recall + other.recall,
            self.e + other.e,
            self.inside + other.inside,
            self.pixels + other.pixels,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the sums as plain JSON values."""
        arrays = ("precision", "recall", "e", "inside", "pixels")
        return {"instances": self.instances, **{name: getattr(self, name).tolist() for name in arrays}}


def curves_path(key: str) -> str:
    """Return where the curves of the scoring with a stage key stand in the store."""
    return f"reports/curves/{key}.json"


def no_curves() -> Curves:
    """Return the sums over no instance."""
    zeros, none = np.zeros(LEVELS), np.zeros(LEVELS, dtype=np.int64)
    return Curves(0, zeros, zeros, zeros, none, none)


def instance_curves(counts: LevelCounts) -> Curves:
    """Return the curves of one instance."""
    precision, recall = precision_recall_curves(counts)
    inside = np.diff(counts.inside, prepend=0)[::-1]
    outside = np.diff(counts.outside, prepend=0)[::-1]
    return Curves(1, precision, recall, e_curve(counts), inside, inside + outside)


def curves_from_json(document: Mapping[str, Any]) -> Curves:
    """Read what `Curves.as_json` wrote."""
    means = [np.asarray(document[name], dtype=np.float64) for name in ("precision", "recall", "e")]
    pixels = [np.asarray(document[name], dtype=np.int64) for name in ("inside", "pixels")]
    return Curves(int(document["instances"]), means[0], means[1], means[2], pixels[0], pixels[1])


def summary(curves: Curves) -> dict[str, float]:
    """Return max-F, max-E and the calibration error of a set.

    Max-F is the maximum of the F of the mean precision and recall, as papers report it, not the mean of maxima.

    Raises:
        ValueError: There is no instance.
    """
    if curves.instances == 0:
        raise ValueError("curves over no instance have no maximum")
    f = f_curve(curves.precision / curves.instances, curves.recall / curves.instances)
    e = curves.e / curves.instances
    return {"f_max": float(f.max()), "e_max": float(e.max()), "calibration_error": calibration_error(curves)}


def calibration(curves: Curves) -> list[tuple[float, float, int]]:
    """Return for each of 16 bins of probability its mean, the share of object pixels, and its pixels; empty bins left out."""
    levels = np.arange(LEVELS) / (LEVELS - 1)
    rows = []
    for chunk in np.array_split(np.arange(LEVELS), CALIBRATION_BINS):
        pixels = int(curves.pixels[chunk].sum())
        if pixels:
            mean = float((levels[chunk] * curves.pixels[chunk]).sum()) / pixels
            rows.append((mean, float(curves.inside[chunk].sum()) / pixels, pixels))
    return rows


def calibration_error(curves: Curves) -> float:
    """Return the expected calibration error over pixels.

    Source: Naeini, Cooper, Hauskrecht, Obtaining Well Calibrated Probabilities, AAAI 2015.
    """
    bins = calibration(curves)
    total = sum(pixels for _, _, pixels in bins)
    return sum(pixels * abs(mean - share) for mean, share, pixels in bins) / total
