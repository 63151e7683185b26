"""Polygons in the ways in which exports write points, read as rings `x0, y0, x1, y1, …`."""

from collections.abc import Sequence
from typing import Any

from jobs.sources.files.json_documents import finite_numbers

Ring = list[float]


def ring_of_pairs(value: Any) -> Ring | None:
    """Return `[[x, y], …]` as a ring; None when it is not at least three points of finite numbers."""
    if not isinstance(value, list) or len(value) < 3:
        return None
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return None
    return finite_numbers([number for pair in value for number in pair])


def ring_of_objects(value: Any) -> Ring | None:
    """Return `[{"x": …, "y": …}, …]` as a ring; None as in `ring_of_pairs`."""
    if not isinstance(value, list) or not all(isinstance(point, dict) for point in value):
        return None
    return ring_of_pairs([[point.get("x"), point.get("y")] for point in value])


def ring_of_numbers(value: Any) -> Ring | None:
    """Return `[x0, y0, x1, y1, …]` as a ring; None as in `ring_of_pairs`."""
    found = finite_numbers(value)
    return found if found is not None and len(found) >= 6 and len(found) % 2 == 0 else None


def scaled(ring: Sequence[float], width: float, height: float) -> Ring:
    """Scale a ring to pixels.

    Args:
        ring: `x0, y0, x1, y1, …`.
        width: Pixels to one unit of x.
        height: Pixels to one unit of y.
    """
    return [number * (height if index % 2 else width) for index, number in enumerate(ring)]
