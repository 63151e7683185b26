"""What the demo's objects are made of: painted outlines, and the curves, circles and boxes that they follow.

Figures live in a unit frame: y runs down from 0 to 1, x from 0 to the figure's width; 1 is the figure's height.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

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

    def __mul__(self, factor: float) -> "Paint":
        """Return the paint lighter (factor > 1) or darker, without its pattern."""
        r, g, b = (int(np.clip(channel * factor, 0, 255)) for channel in self.colour)
        return replace(self, colour=(r, g, b), pattern="plain")


@dataclass(frozen=True, slots=True)
class FigurePart:
    """One painted area, or one stroke of constant width; without paint it cuts a hole."""

    ring: Points  # (N, 2) x and y
    paint: Paint | None
    stroke: float = 0.0  # width of the line; 0 for an area
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """An object's parts, painted in order."""

    width: float
    parts: tuple[FigurePart, ...]


def polygon(*points: tuple[Any, Any]) -> Points:
    """Return (N, 2) corners; an x or y that is an array stands for as many corners, in its order."""
    if not any(isinstance(value, np.ndarray) for point in points for value in point):
        return np.asarray(points, np.float64)
    return np.concatenate([np.stack([part.ravel() for part in np.broadcast_arrays(x, y)], axis=1) for x, y in points])


def smooth_curve(*points: Sequence[float]) -> Points:
    """Return (6 N, 2), the closed Catmull-Rom curve through N >= 3 points of x and y."""
    p = np.asarray(points, np.float64)
    before, after, beyond = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0), np.roll(p, -2, axis=0)
    t = np.linspace(0, 1, 6, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    bent = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return np.asarray(bent / 2, np.float64).reshape(-1, 2)


def circle(x: float, y: float, radius: float, flatten: float = 1.0) -> Points:
    """Return (40, 2) points of a circle, or of an ellipse whose height is `flatten` times its width."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * flatten * np.sin(angle)], axis=1)


def rounded_box(left: float, top: float, right: float, bottom: float, rounded: float = 0.0) -> Points:
    """Return (4, 2) corners of a rectangle, or (20, 2) where they are cut by the radius `rounded`."""
    r = min(rounded, (right - left) / 2, (bottom - top) / 2)
    if r <= 0:
        return polygon((left, top), (right, top), (right, bottom), (left, bottom))
    arc = np.linspace(0, np.pi / 2, 5)
    corners = []
    for x, y, turn in ((right - r, bottom - r, 0), (left + r, bottom - r, 1), (left + r, top + r, 2), (right - r, top + r, 3)):
        angle = arc + turn * np.pi / 2
        corners.append(np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], axis=1))
    return np.concatenate(corners)
