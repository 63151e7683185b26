"""The p-value of a drop in each of many strata."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from evaluation.statistics.clusters import Interval
from evaluation.statistics.skewness import lent_skewness, unskewed


def regression_p_values(metrics: Sequence[str], gains: Sequence[Interval]) -> NDArray[np.float64]:
    """Return for each stratum how likely a mean gain this low is without any drop, before any correction for their number.

    It is the larger of the t test's and that of the t with its skewness taken out, as all strata of the metric estimate it: rare
    large gains among many small losses would otherwise look like drops far too often.

    Args:
        metrics: The metric of each stratum; strata of one metric lend each other their skewness.
        gains: Candidate minus champion in each; one image, which allows no interval, gives 1.
    """
    p_values = np.array([1.0 if math.isnan(gain.p_worse) else gain.p_worse for gain in gains])
    for metric in dict.fromkeys(metrics):
        places = [place for place, gain in enumerate(gains) if metrics[place] == metric and gain.standard_error > 0]
        if not places:
            continue
        found = [gains[place] for place in places]
        shapes = lent_skewness(np.array([gain.skewness for gain in found]), np.array([gain.degrees_of_freedom + 1 for gain in found]))
        for place, gain, shape in zip(places, found, shapes, strict=True):
            corrected = float(special.stdtr(gain.degrees_of_freedom, unskewed(gain.mean / gain.standard_error, float(shape))))
            p_values[place] = max(p_values[place], corrected)
    return p_values
