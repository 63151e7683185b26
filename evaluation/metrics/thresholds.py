"""Precision, recall and E-measure of an 8-bit probability map at every threshold, and what summarises them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.masks.rle import Mask

Curve = NDArray[np.float64]
LEVELS = 256
BETA_SQUARED = 0.3
_EPSILON = float(np.spacing(1))


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Pixels at or above each level, 255 first; ignored pixels left out."""

    inside: NDArray[np.int64]  # (256,) of the truth's pixels
    outside: NDArray[np.int64]  # (256,) of the others
    truth: int  # pixels in the truth
    pixels: int  # pixels in all


def level_counts(levels: NDArray[np.uint8], truth: Mask, valid: Mask) -> LevelCounts:
    """Count the pixels at or above each of the 256 levels, inside the truth and outside.

    Args:
        levels: (H, W) uint8, the probability times 255.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored.
    """
    inside = np.bincount(levels[truth & valid], minlength=LEVELS)
    outside = np.bincount(levels[~truth & valid], minlength=LEVELS)
    return LevelCounts(np.cumsum(inside[::-1]), np.cumsum(outside[::-1]), int(inside.sum()), int(inside.sum() + outside.sum()))


def precision_recall_curves(counts: LevelCounts) -> tuple[Curve, Curve]:
    """Return (256,) precision and recall, threshold 255 first; precision is 0 where nothing is predicted."""
    predicted = counts.inside + counts.outside
    return counts.inside / np.maximum(predicted, 1), counts.inside / max(counts.truth, 1)


def f_curve(precision: Curve, recall: Curve) -> Curve:
    """Return the F-measure with beta² = .3 at every threshold.

    Args:
        precision: (256,) float64 in [0, 1], threshold 255 first.
        recall: (256,) float64 in [0, 1], in the same order.

    Source: Achanta et al., Frequency-tuned salient region detection, CVPR 2009.
    """
    denominator = BETA_SQUARED * precision + recall
    score: Curve = (1 + BETA_SQUARED) * precision * recall / np.where(denominator > 0, denominator, 1.0)
    return score


def e_curve(counts: LevelCounts) -> Curve:
    """Return the enhanced-alignment measure at every threshold, threshold 255 first.

    Source: Fan et al., Enhanced-alignment Measure, IJCAI 2018; divided by N - 1 as its authors' code does.
    """
    return np.asarray(_alignment(counts, counts.inside.astype(np.float64), counts.outside.astype(np.float64)))


def adaptive_threshold(levels: NDArray[np.uint8], valid: Mask) -> float:
    """Return min(2 × mean probability, 1).

    Args:
        levels: (H, W) uint8, the probability of each pixel; 255 is 1.
        valid: (H, W) bool, False where pixels are ignored.
    """
    return min(2 * float(np.mean(levels[valid] / (LEVELS - 1))), 1.0)


def adaptive_scores(levels: NDArray[np.uint8], counts: LevelCounts, valid: Mask) -> tuple[float, float]:
    """Return F and E of the mask at the map's own adaptive threshold.

    Args:
        levels: (H, W) uint8, the probability of each pixel; 255 is 1.
        counts: Of the same map, at every threshold.
        valid: (H, W) bool, False where pixels are ignored.
    """
    threshold = adaptive_threshold(levels, valid)
    reached = np.flatnonzero(np.arange(LEVELS) / (LEVELS - 1) >= threshold)
    index = LEVELS - 1 - int(reached[0])
    hit, missed = float(counts.inside[index]), float(counts.outside[index])
    precision, recall = hit / max(hit + missed, 1.0), hit / max(counts.truth, 1)
    denominator = BETA_SQUARED * precision + recall
    f = (1 + BETA_SQUARED) * precision * recall / denominator if denominator else 0.0
    return f, float(_alignment(counts, np.asarray(hit), np.asarray(missed)))


def _alignment(counts: LevelCounts, hit: Curve, missed: Curve) -> Curve:
    predicted = hit + missed
    if counts.truth == 0:
        total = counts.pixels - predicted
    elif counts.truth == counts.pixels:
        total = predicted
    else:
        mean_predicted, mean_truth = predicted / counts.pixels, counts.truth / counts.pixels
        absent = counts.truth - hit
        total = (
            hit * _enhanced(1 - mean_predicted, 1 - mean_truth)
            + missed * _enhanced(1 - mean_predicted, -mean_truth)
            + absent * _enhanced(-mean_predicted, 1 - mean_truth)
            + (counts.pixels - predicted - absent) * _enhanced(-mean_predicted, -mean_truth)
        )
    return total / (counts.pixels - 1 + _EPSILON)


def _enhanced(predicted: Curve, truth: float) -> Curve:
    aligned = 2 * predicted * truth / (predicted**2 + truth**2 + _EPSILON)
    enhanced: Curve = (aligned + 1) ** 2 / 4
    return enhanced
