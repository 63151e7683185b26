"""The structure measure (S-measure) of a probability map."""

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.regions import ProbabilityMap
from imaging.masks.rle import Mask

_EPSILON = float(np.spacing(1))


def structure_measure(probability: ProbabilityMap, truth: Mask, valid: Mask) -> float:
    """Score how alike two maps are as objects and, quarter by quarter, as regions.

    Args:
        probability: (H, W) float64, 0 to 1.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored: they leave every mean, variance and area.

    Source: Fan et al., Structure-measure, ICCV 2017, with alpha = .5.
    """
    share = float(np.mean(truth[valid]))
    if share in (0.0, 1.0):
        mean = float(np.mean(probability[valid]))
        return mean if share else 1 - mean
    objects = share * _object_score(probability[truth & valid])
    objects += (1 - share) * _object_score(1 - probability[~truth & valid])
    return max(0.0, 0.5 * objects + 0.5 * _region_score(probability, truth, valid))


def _object_score(values: NDArray[np.float64]) -> float:
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean * mean + 1 + spread + _EPSILON)


def _region_score(probability: ProbabilityMap, truth: Mask, valid: Mask) -> float:
    rows, columns = np.nonzero(truth & valid)
    row, column = int(np.round(rows.mean())) + 1, int(np.round(columns.mean())) + 1
    total = np.count_nonzero(valid)
    score = 0.0
    for vertical in (slice(0, row), slice(row, None)):
        for horizontal in (slice(0, column), slice(column, None)):
            inside = valid[vertical, horizontal]
            count = np.count_nonzero(inside)
            if count:
                score += count / total * _similarity(probability[vertical, horizontal][inside], truth[vertical, horizontal][inside])
    return score


def _similarity(x: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    y = truth.astype(np.float64)
    mean_x, mean_y, degrees_of_freedom = float(x.mean()), float(y.mean()), max(x.size - 1, 1)
    variance = float(np.sum((x - mean_x) ** 2) + np.sum((y - mean_y) ** 2)) / degrees_of_freedom
    covariance = float(np.sum((x - mean_x) * (y - mean_y))) / degrees_of_freedom
    alpha = 4 * mean_x * mean_y * covariance
    beta = (mean_x**2 + mean_y**2) * variance
    if alpha:
        return alpha / (beta + _EPSILON)
    return 0.0 if beta else 1.0
