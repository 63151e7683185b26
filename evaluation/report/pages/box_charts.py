"""Curves of means at named boxes: one large chart with its axes, or one as small as a line of text."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from evaluation.report.pages.charts import Line
from evaluation.report.rendering import render

_LEFT, _TOP, _SIDE, _TALL = 46, 14, 300, 190
_STEP = 20  # grid lines a unit


def ordinal_chart(lines: Sequence[Line], labels: Sequence[str], *, up: str, floor: float, labelled: int) -> Markup:
    """Draw lines over named boxes, the vertical axis as long as the values need.

    Args:
        lines: Points of a box's index and a value.
        labels: Of the boxes, in order; at least two.
        up: Name of the vertical axis.
        floor: Value of a dashed line.
        labelled: Index of the box that is marked as where the others start from.
    """
    values = [value for line in lines for _, value in line.points if math.isfinite(value)] + [floor]
    low, high = math.floor(min(values) * _STEP - 0.2) / _STEP, math.ceil(max(values) * _STEP + 0.2) / _STEP

    def x(index: float) -> float:
        return _LEFT + 26 + (_SIDE - 52) * index / (len(labels) - 1)

    def y(value: float) -> float:
        return _TOP + _TALL * (high - value) / (high - low)

    spoken = "; ".join(
        f"{line.name}: " + ", ".join(f"{labels[round(index)]} {value:.3f}" for index, value in line.points) for line in lines
    )
    count = round((high - low) * _STEP)
    grid = [low + step / _STEP for step in range(0, count + 1, max(1, math.ceil(count / 6)))]
    curves = [
        [(x(index), y(value), f"{line.name}, {labels[round(index)]}: {value:.3f}") for index, value in line.points if math.isfinite(value)]
        for line in lines
    ]
    return render(
        "ordinal_chart",
        left=_LEFT,
        right=_LEFT + _SIDE,
        top=_TOP,
        bottom=_TOP + _TALL,
        spoken=f"{up}. {spoken}",
        steps=[(y(value), value) for value in grid],
        places=[(x(index), label, index == labelled) for index, label in enumerate(labels)],
        floor=floor,
        floor_y=y(floor),
        curves=curves,
        names=_names([(y(line.points[-1][1]), rank, line.name) for rank, line in enumerate(lines)]),
    )


def sparkline(lines: Sequence[Sequence[float]], reach: tuple[float, float], told: str) -> Markup:
    """Draw curves as small as a line of text, all of a column on one scale.

    Args:
        lines: Values in order, the first line drawn strong.
        reach: Lowest and highest value of the scale; what lies beyond is drawn at its end.
        told: What it shows, in words.
    """
    low, high = reach[0], max(reach[1], reach[0] + 1e-9)
    curves = [
        [
            (3 + 90 * index / max(len(values) - 1, 1), 3 + 18 * (high - min(max(value, low), high)) / (high - low))
            for index, value in enumerate(values)
            if math.isfinite(value)
        ]
        for values in lines
    ]
    return render("sparkline", curves=curves, told=told)


def _names(ends: Sequence[tuple[float, int, str]]) -> list[tuple[float, int, str]]:
    """Return the lines' names at their ends, one below the other where they would overlap."""
    placed, before = [], -math.inf
    for y, rank, name in sorted(ends):
        before = max(y + 4, before + 14)
        placed.append((before, rank, name))
    return placed
