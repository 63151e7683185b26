"""SVG charts, coloured by the page's style so that they follow light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.report.pages.markup import text

_ROW, _LABEL, _WIDTH = 22, 190, 720


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a line chart."""

    name: str
    points: Sequence[tuple[float, float]]


def paired_bars(rows: Sequence[tuple[str, float, float]], *, names: tuple[str, str]) -> str:
    """Return horizontal bars, two a row: e.g. the shares before and after balancing.

    Args:
        rows: Label, first value and second value, each >= 0.
        names: What the two values are.
    """
    largest = max((max(first, second) for _, first, second in rows), default=0) or 1.0
    reach = _WIDTH - _LABEL - 130
    parts = [_key(names)]
    for place, (label, first, second) in enumerate(rows):
        top = 26 + place * _ROW
        parts.append(f'<text class="label" x="{_LABEL - 8}" y="{top + 13}" text-anchor="end">{text(_short(label))}</text>')
        for offset, kind, value in ((2, "first", first), (10, "second", second)):
            parts.append(f'<rect class="{kind}" x="{_LABEL}" y="{top + offset}" width="{reach * value / largest:.1f}" height="7"/>')
        parts.append(
            f'<text class="value" x="{_LABEL + reach * max(first, second) / largest + 6:.1f}" y="{top + 13}">'
            f"{100 * first:.1f} % → {100 * second:.1f} %</text>"
        )
    height = 30 + len(rows) * _ROW
    return f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{text(" and ".join(names))}">{"".join(parts)}</svg>'


def interval_mark(mean: float, lower: float, upper: float, *, reach: float, margin: float | None = None, outcome: str = "") -> str:
    """Return one row of a forest plot: an interval around a mean on a scale from -reach to reach, zero and margin marked."""
    width, middle = 240, 9

    def place(value: float) -> float:
        return width / 2 + max(-1.0, min(1.0, value / reach)) * (width / 2 - 6) if math.isfinite(value) else math.copysign(1e4, value)

    marks = [f'<line class="zero" x1="{width / 2}" x2="{width / 2}" y1="0" y2="18"/>']
    if margin is not None:
        marks.append(f'<line class="margin" x1="{place(-margin):.1f}" x2="{place(-margin):.1f}" y1="0" y2="18"/>')
    left, right = max(place(lower), 1.0), min(place(upper), width - 1.0)
    marks.append(f'<line class="range" x1="{left:.1f}" x2="{right:.1f}" y1="{middle}" y2="{middle}"/>')
    if abs(mean) > reach:  # it lies beyond the scale
        tip, back = (1, 9) if mean < 0 else (width - 1, width - 9)
        marks.append(f'<path class="mean" d="M{tip} {middle}L{back} {middle - 5}L{back} {middle + 5}Z"/>')
    else:
        marks.append(f'<circle class="mean" cx="{place(mean):.1f}" cy="{middle}" r="3.5"/>')
    spoken = f"{100 * mean:+.1f} points, {100 * lower:+.1f} to {100 * upper:+.1f}"
    return (
        f'<svg class="forest {text(outcome.lower())}" viewBox="0 0 {width} 18" width="{width}" height="18" role="img" '
        f'aria-label="{text(spoken)}"><title>{text(spoken)}</title>{"".join(marks)}</svg>'
    )


def line_chart(lines: Sequence[Line], *, across: str, up: str, diagonal: bool = False) -> str:
    """Return a line chart over the unit square.

    Args:
        lines: Points with both coordinates in 0 to 1.
        across: Name of the horizontal axis.
        up: Name of the vertical axis.
        diagonal: Draw the line of equality too.
    """
    left, top, side, tall = 46, 10, 380, 240

    def at(point: tuple[float, float]) -> str:
        return f"{left + side * point[0]:.1f},{top + tall * (1 - point[1]):.1f}"

    parts = [f'<rect class="frame" x="{left}" y="{top}" width="{side}" height="{tall}"/>']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at((tick, tick)).split(",")
        parts.append(f'<line class="grid" x1="{left}" x2="{left + side}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<text class="tick" x="{x}" y="{top + tall + 15}" text-anchor="middle">{tick:g}</text>')
    if diagonal:
        parts.append(f'<polyline class="diagonal" points="{at((0, 0))} {at((1, 1))}"/>')
    for place, line in enumerate(lines):
        points = " ".join(at(point) for point in line.points)
        parts.append(f'<polyline class="line line-{place % 4}" points="{points}"><title>{text(line.name)}</title></polyline>')
        parts.append(
            f'<text class="line-name line-{place % 4}" x="{left + side + 10}" y="{top + 14 + 18 * place}">{text(line.name)}</text>'
        )
    parts.append(f'<text class="axis" x="{left + side / 2}" y="{top + tall + 32}" text-anchor="middle">{text(across)}</text>')
    parts.append(f'<text class="axis" transform="translate(12 {top + tall / 2}) rotate(-90)" text-anchor="middle">{text(up)}</text>')
    return f'<svg class="chart lines" viewBox="0 0 600 {top + tall + 40}" role="img" aria-label="{text(up)}">{"".join(parts)}</svg>'


def _key(names: tuple[str, str]) -> str:
    parts = []
    for kind, left, name in (("first", _LABEL, names[0]), ("second", _LABEL + 160, names[1])):
        parts.append(f'<rect class="{kind}" x="{left}" y="6" width="14" height="8"/>')
        parts.append(f'<text class="label" x="{left + 20}" y="14">{text(name)}</text>')
    return "".join(parts)


def _short(label: str, letters: int = 28) -> str:
    return label if len(label) <= letters else f"…{label[-letters + 1 :]}"
