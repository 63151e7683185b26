"""Adjusted p-values of many strata: Holm's, which block, and Benjamini-Hochberg's, which inform."""

import numpy as np
from numpy.typing import NDArray

PValues = NDArray[np.float64]


def holm(p_values: PValues) -> PValues:
    """Return p-values adjusted so that the chance of any false alarm among all is at most the level they are compared with.

    Args:
        p_values: (M,) float64 in [0, 1], one a test, in any order.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(count, 0, -1))
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def benjamini_hochberg(p_values: PValues) -> PValues:
    """Return p-values adjusted so that the expected share of false alarms among the alarms is at most the level.

    Args:
        p_values: (M,) float64 in [0, 1], one a test, in any order.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * count / np.arange(1, count + 1)
    steps = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
