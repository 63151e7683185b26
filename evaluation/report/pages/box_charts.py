"""SVG curves of means at named boxes: one large chart with its axes, or one as small as a line of text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.report.pages.charts import Line
from evaluation.report.pages.markup import text

_LEFT, _TOP, _SIDE, _TALL = 46, 14, 300, 190
_STEP = 20  # grid lines a unit


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values and places stand in a chart."""

    low: float
    high: float
    places: int

    def x(self, place: float) -> float:
        return _LEFT + 26 + (_SIDE - 52) * place / (self.places - 1)

    def y(self, value: float) -> float:
        return _TOP + _TALL * (self.high - value) / (self.high - self.low)


def ordinal_chart(lines: Sequence[Line], labels: Sequence[str], *, up: str, floor: float, labelled: int) -> str:
    """Return lines over named places, the vertical axis as long as the values need.

    Args:
        lines: Points of a place's position and a value.
        labels: Of the places, in order; at least two.
        up: Name of the vertical axis.
        floor: Value of a dashed line.
        labelled: Position that is marked as where the others start from.
    """
    values = [value for line in lines for _, value in line.points if math.isfinite(value)] + [floor]
    low, high = math.floor(min(values) * _STEP - 0.2) / _STEP, math.ceil(max(values) * _STEP + 0.2) / _STEP
    frame = _Frame(low, high, len(labels))
    parts = [*_grid(frame, labels, labelled), *_floor(frame, floor), *_curves(frame, lines, labels), *_names(frame, lines)]
    spoken = "; ".join(
        f"{line.name}: " + ", ".join(f"{labels[round(place)]} {value:.3f}" for place, value in line.points) for line in lines
    )
    told = f'viewBox="0 0 440 {_TOP + _TALL + 26}" role="img" aria-label="{text(f"{up}. {spoken}")}"'
    return f'<svg class="chart lines" {told}>{"".join(parts)}</svg>'


def sparkline(lines: Sequence[Sequence[float]], reach: tuple[float, float], told: str) -> str:
    """Return a curve as small as a line of text, all of a column on one scale.

    Args:
        lines: Values in order, the first line drawn strong.
        reach: Lowest and highest value of the scale; what lies beyond is drawn at its end.
        told: What it shows, in words.
    """
    width, height = 96, 24
    low, high = reach[0], max(reach[1], reach[0] + 1e-9)
    parts = []
    for place, values in reversed(list(enumerate(lines))):
        places = [
            (3 + (width - 6) * position / max(len(values) - 1, 1), (high - min(max(value, low), high)) / (high - low))
            for position, value in enumerate(values)
            if math.isfinite(value)
        ]
        points = " ".join(f"{x:.1f},{3 + (height - 6) * share:.1f}" for x, share in places)
        parts.append(f'<polyline class="line line-{place % 4}" points="{points}"/>')
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"><title>{text(told)}</title>'
        f"{''.join(parts)}</svg>"
    )


def _grid(frame: _Frame, labels: Sequence[str], labelled: int) -> list[str]:
    right, bottom = _LEFT + _SIDE, _TOP + _TALL
    parts = [f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_TALL}"/>']
    steps = round((frame.high - frame.low) * _STEP)
    for step in range(0, steps + 1, max(1, math.ceil(steps / 6))):
        value = frame.low + step / _STEP
        y = frame.y(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    for place, label in enumerate(labels):
        x, marked = frame.x(place), " marked" if place == labelled else ""
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick{marked}" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{text(label)}</text>')
    return parts


def _floor(frame: _Frame, floor: float) -> list[str]:
    y, right = frame.y(floor), _LEFT + _SIDE
    return [
        f'<line class="diagonal" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>',
        f'<text class="tick" x="{_LEFT + 6}" y="{y - 4:.1f}">filled box {floor:.3f}</text>',
    ]


def _curves(frame: _Frame, lines: Sequence[Line], labels: Sequence[str]) -> list[str]:
    parts = []
    for rank, line in enumerate(lines):
        points = [(frame.x(place), frame.y(value), place, value) for place, value in line.points if math.isfinite(value)]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        parts.append(f'<polyline class="line line-{rank % 4}" points="{joined}"/>')
        for x, y, place, value in points:
            told = text(f"{line.name}, {labels[round(place)]}: {value:.3f}")
            parts.append(f'<circle class="dot line-{rank % 4}" cx="{x:.1f}" cy="{y:.1f}" r="3.4"><title>{told}</title></circle>')
    return parts


def _names(frame: _Frame, lines: Sequence[Line]) -> list[str]:
    """Return the lines' names at their ends, one below the other where they would overlap."""
    parts, before = [], -math.inf
    for y, rank in sorted((frame.y(line.points[-1][1]), rank) for rank, line in enumerate(lines)):
        before = max(y + 4, before + 14)
        parts.append(f'<text class="line-name line-{rank % 4}" x="{_LEFT + _SIDE + 8}" y="{before:.1f}">{text(lines[rank].name)}</text>')
    return parts
