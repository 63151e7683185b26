"""Points in, painted figures out: the outlines from which every object of the demo world is built.

Figures live in a unit frame: y runs down from 0 to 1, x from 0 to the figure's width; 1 is the figure's height.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Pattern = Literal["plain", "stripes", "checks", "dots", "blotches"]


@dataclass(frozen=True, slots=True)
class Paint:
    """What a part looks like: RGB 0 to 255, roughness of its surface, strength of its highlight, its pattern."""

    colour: Colour
    grain: float = 0.06
    shine: float = 0.15
    pattern: Pattern = "plain"


@dataclass(frozen=True, slots=True)
class FigurePart:
    """One painted area (rings, filled even-odd) or one stroke of constant width; without paint it cuts a hole."""

    rings: tuple[Points, ...]
    paint: Paint | None
    stroke: float = 0.0  # width of the line; 0 for an area
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """An object's parts, painted in order."""

    width: float
    parts: tuple[FigurePart, ...]


def area(points: Sequence[Sequence[float]] | Points, paint: Paint | None) -> FigurePart:
    """Fill a polygon."""
    return FigurePart((np.asarray(points, np.float64),), paint)


def smooth(points: Sequence[Sequence[float]] | Points, paint: Paint | None) -> FigurePart:
    """Fill the closed curve through the points."""
    return FigurePart((curve(points),), paint)


def line(points: Sequence[Sequence[float]] | Points, width: float, paint: Paint | None, *, closed: bool = False) -> FigurePart:
    """Stroke a polyline."""
    return FigurePart((np.asarray(points, np.float64),), paint, stroke=width, closed=closed)


def disc(x: float, y: float, radius: float, paint: Paint | None, *, flatten: float = 1.0) -> FigurePart:
    """Fill a disc, or with `flatten` an ellipse of that ratio of height to width."""
    return FigurePart((_circle(x, y, radius, flatten),), paint)


def ring(x: float, y: float, radius: float, width: float, paint: Paint | None, *, flatten: float = 1.0) -> FigurePart:
    """Stroke a circle; what it encloses stays open."""
    return FigurePart((_circle(x, y, radius, flatten),), paint, stroke=width)


def box(left: float, top: float, right: float, bottom: float, paint: Paint | None, *, rounded: float = 0.0) -> FigurePart:
    """Fill a rectangle, its corners cut by `rounded`."""
    r = min(rounded, (right - left) / 2, (bottom - top) / 2)
    if r <= 0:
        return area([(left, top), (right, top), (right, bottom), (left, bottom)], paint)
    arc = np.linspace(0, np.pi / 2, 5)
    corners = []
    for x, y, turn in ((right - r, bottom - r, 0), (left + r, bottom - r, 1), (left + r, top + r, 2), (right - r, top + r, 3)):
        angle = arc + turn * np.pi / 2
        corners.append(np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], axis=1))
    return FigurePart((np.concatenate(corners),), paint)


def curve(points: Sequence[Sequence[float]] | Points, *, samples: int = 6) -> Points:
    """Return the closed Catmull-Rom curve through the points.

    Args:
        points: (N, 2) x and y, N >= 3.
        samples: Points a segment.
    """
    p = np.asarray(points, np.float64)
    before, after, beyond = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0), np.roll(p, -2, axis=0)
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    bent = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return np.asarray(bent / 2, np.float64).reshape(-1, 2)


def dye(paint: Paint, factor: float) -> Paint:
    """Return the paint lighter (factor > 1) or darker, without its pattern."""
    r, g, b = (int(np.clip(channel * factor, 0, 255)) for channel in paint.colour)
    return replace(paint, colour=(r, g, b), pattern="plain")


def _circle(x: float, y: float, radius: float, flatten: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * flatten * np.sin(angle)], axis=1)
