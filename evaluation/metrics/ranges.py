"""What a metric can be at most and at least, so that no bound promises the impossible."""

import math

_UNBOUNDED = {"tracing_s": (0.0, math.inf), "tracing_saved": (-math.inf, 1.0)}
"""Seconds have no end, and a mask may cost more than tracing by hand; every other metric is a share."""


def value_range(metric: str) -> tuple[float, float]:
    """Return the least and the greatest value of a metric.

    Args:
        metric: Its stored name, e.g. `iou`, or that under a jitter, e.g. `iou@loose-25`.
    """
    return _UNBOUNDED.get(metric.partition("@")[0], (0.0, 1.0))


def difference_range(metric: str) -> tuple[float, float]:
    """Return the least and the greatest difference of two values of a metric; see `value_range`."""
    least, greatest = value_range(metric)
    return least - greatest, greatest - least
