"""The smallest drop that a stratum can see, and the instances that a margin needs."""

import math

from scipy import special

TYPICAL_DEVIATION = 0.128
TYPICAL_DESIGN_EFFECT = 1.28
"""Of paired differences of edge F between two models: the upper ends of what was measured, used before there is a pair."""


def smallest_visible_drop(standard_error: float, degrees_of_freedom: float, *, alpha: float, power: float) -> float:
    """Return the true drop that a one-sided test at `alpha` finds with probability `power`.

    Args:
        standard_error: Of the mean paired difference.
        degrees_of_freedom: Its degrees of freedom, see `evaluation.statistics.clusters.degrees_of_freedom`.
        alpha: Level of the test.
        power: Chance to see the drop.

    Returns:
        A share (0.01 is one point), infinite where one image leaves no standard error.
    """
    if math.isnan(standard_error):
        return math.inf
    return standard_error * float(special.stdtrit(degrees_of_freedom, 1 - alpha) + special.stdtrit(degrees_of_freedom, power))


def instances_needed(
    margin: float, *, alpha: float, power: float, deviation: float = TYPICAL_DEVIATION, design_effect: float = TYPICAL_DESIGN_EFFECT
) -> int:
    """Return how many instances a stratum needs to see a drop as large as its margin.

    Args:
        margin: Largest tolerable drop, > 0.
        alpha: Level of the one-sided test.
        power: Chance to see such a drop.
        deviation: Standard deviation of the paired differences.
        design_effect: Variance of the mean over what independent instances would give.

    Raises:
        ValueError: The margin is not positive: no number of instances would do.
    """
    if margin <= 0:
        raise ValueError(f"a margin must be > 0 for a stratum's size to be planned, got {margin}")
    reach = float(special.ndtri(1 - alpha) + special.ndtri(power))
    return math.ceil(design_effect * (reach * deviation / margin) ** 2)
