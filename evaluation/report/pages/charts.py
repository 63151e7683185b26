"""Lines for charts, and the rows of a forest plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evaluation.report.rendering import render

_WIDTH = 240  # of a row in a forest plot


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a line chart."""

    name: str
    points: Sequence[tuple[float, float]]


def interval_mark(mean: float, lower: float, upper: float, *, reach: float, margin: float | None = None, outcome: str = "") -> Markup:
    """Return one row of a forest plot: an interval around a mean on a scale from -reach to reach, zero and margin marked."""

    def at(value: float) -> float:
        middle = _WIDTH / 2
        return middle + max(-1.0, min(1.0, value / reach)) * (middle - 6) if math.isfinite(value) else math.copysign(1e4, value)

    view = {
        "left": max(at(lower), 1.0),
        "right": min(at(upper), _WIDTH - 1.0),
        "mean": at(mean),
        "beyond": 0 if abs(mean) <= reach else math.copysign(1, mean),  # the end of the scale at which the mean lies beyond it
        "margin": None if margin is None else at(-margin),
        "spoken": f"{100 * mean:+.1f} points, {100 * lower:+.1f} to {100 * upper:+.1f}",
    }
    return render("interval_mark", outcome=outcome, **view)
