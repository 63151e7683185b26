"""Corrects studentised means for skewness, so that they follow Student's t; strata lend each other their skewness."""

import math

import numpy as np
from numpy.typing import NDArray


def unskewed(t: float, skewness: float) -> float:
    """Return a t statistic with the effect of skewness taken out.

    Args:
        t: Mean over its standard error.
        skewness: Of the sum behind the mean: third moments over the variance to the power 1.5.

    Source: Hall, On the Removal of Skewness by Transformation, Journal of the Royal Statistical Society B 54, 1992.
    """
    return t + skewness * t * t / 3 + skewness * skewness * t**3 / 27 + skewness / 6


def skewed(t: float, skewness: float) -> float:
    """Return the t statistic that `unskewed` turns into `t`."""
    if skewness == 0:
        return t
    return 3 / skewness * (math.cbrt(1 + skewness * (t - skewness / 6)) - 1)


def lent_skewness(skewness: NDArray[np.float64], effective: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each stratum's skewness as all strata together estimate it.

    A stratum's own third moment is so noisy that a correction by it does more harm than good: for 80 images the chance of a false
    alarm at .0016 goes from .0014 to .0030. The strata of one metric share the shape of their differences to a good part; their mean
    shape is known well, and is not correlated with any one stratum's error.

    Args:
        skewness: (S,) of each stratum's sum.
        effective: (S,) effective number of images, > 0: the skewness of a sum falls with its root.
    """
    roots = np.sqrt(effective)
    return np.asarray(np.mean(skewness * roots) / roots)
