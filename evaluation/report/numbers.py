"""Write numbers as the report shows them: a dash where there is none."""

import math
from collections.abc import Iterable


def thousands(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{value:,}"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """Write a difference as points with its sign, or a dash."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:+.1f}"


def span(lower: float, upper: float) -> str:
    """Write two bounds, or a dash where an interval has none."""
    return f"{number(lower)} to {number(upper)}" if math.isfinite(lower) and math.isfinite(upper) else "–"


def signed_span(lower: float, upper: float) -> str:
    """Write two bounds of a difference as points, or a dash where an interval has none."""
    return f"{signed(lower)} to {signed(upper)}" if math.isfinite(lower) and math.isfinite(upper) else "–"


def coordinates(points: Iterable[tuple[float, float]]) -> str:
    """Write the points of a polyline."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
