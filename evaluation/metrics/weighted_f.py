"""The weighted F-measure: errors count by where they lie."""

import numpy as np
from scipy.ndimage import convolve, distance_transform_edt

from evaluation.metrics.regions import ProbabilityMap
from imaging.masks.rle import Mask

_EPSILON = float(np.spacing(1))
_SIDE, _SIGMA = 7, 5.0


def weighted_f_measure(probability: ProbabilityMap, truth: Mask, valid: Mask) -> float:
    """Score a map with errors smoothed inside the object and weighted by distance outside it; beta = 1.

    Args:
        probability: (H, W) float64, 0 to 1.
        truth: (H, W) bool; an empty one scores 0.
        valid: (H, W) bool, False where pixels are ignored: they hold no error and no weight.

    Source: Margolin, Zelnik-Manor, Tal, How to Evaluate Foreground Maps?, CVPR 2014.
    """
    inside, outside = truth & valid, ~truth & valid
    if not inside.any():
        return 0.0
    distance, nearest = distance_transform_edt(~inside, return_indices=True)
    error = np.where(valid, np.abs(probability - truth), 0.0)
    carried = error[nearest[0], nearest[1]]
    smooth = convolve(carried, _gaussian(), mode="constant", cval=0.0)
    least = np.where(inside & (smooth < error), smooth, error)
    weighted = least * np.where(outside, 2 - np.exp(np.log(0.5) / 5 * distance), 1.0)
    hits = np.count_nonzero(inside) - float(weighted[inside].sum())
    recall = 1 - float(weighted[inside].mean())
    precision = hits / (hits + float(weighted[outside].sum()) + _EPSILON)
    return float(2 * recall * precision / (recall + precision + _EPSILON))


def _gaussian() -> ProbabilityMap:
    offsets = np.arange(_SIDE) - _SIDE // 2
    line = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    kernel: ProbabilityMap = np.outer(line, line) / line.sum() ** 2
    return kernel
