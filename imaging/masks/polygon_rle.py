"""Rasterises polygons of many objects to run lengths: COCO's rasteriser, computed at the columns' borders alone.

COCO draws the outline on a grid five times as fine and keeps the points where it passes from the third fifth of a pixel
to the fourth along x. Only those points are computed here, with the same roundings, so the result is equal bit for bit.

Source: maskApi.c of the COCO API, rleFrPoly and rleMerge.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernels import kernel
from imaging.masks.rle import Runs

_MANY_CROSSINGS = 64
"""Crossings of a column from which on they are sorted: moving each to its place costs the square of their number."""
_MANY_COLUMNS = 1 << 20
"""Columns of an image from which on its crossings are sorted: a table of all columns would be too large."""

Coordinates = NDArray[np.float64]

DRAWN, MALFORMED = 0, 1
POINT_BUDGET = float(1 << 26)
"""Points of the finer grid that one object's outline may have: five a pixel of its perimeter."""


def polygons_to_runs(points: Coordinates, rings: Runs, objects: Runs, heights: Runs, widths: Runs) -> tuple[Runs, Runs, NDArray[np.int8]]:
    """Rasterise the polygons of many objects.

    Args:
        points: (P,) float64, all coordinates, x and y in turn, in px.
        rings: (R + 1,) int64, where each ring begins in `points`; each has at least three points.
        objects: (N + 1,) int64, where each object's rings begin in `rings`.
        heights: (N,) int64, of each object's image, in px.
        widths: (N,) int64, likewise.

    Returns:
        (T,) int64 run lengths of all objects one after the other; (N + 1,) int64, where each object's begin; (N,) int8, DRAWN or
        MALFORMED, which has no runs.
    """
    status = np.zeros(heights.size, np.int8)
    crossings = _count_crossings(points, rings, objects, widths, status)
    runs = np.empty(int(crossings.sum()) + 2 * int(heights.size), np.int64)
    offsets = np.zeros(heights.size + 1, np.int64)
    _fill_runs(points, rings, objects, heights, widths, status, crossings, runs, offsets)
    return runs[: offsets[-1]], offsets, status


@kernel
def _fifths(value: float) -> int:
    return int(5.0 * value + 0.5)


@kernel
def _border_range(low: int, high: int, width: int) -> tuple[int, int]:
    """Return the columns X, half-open, for which an outline from `low` to `high` passes from 5X + 2 to 5X + 3."""
    first = (low - 2 + 4) // 5 if low > 2 else 0
    last = (high - 3) // 5 if high >= 3 else -1
    return first, min(last, width - 1) + 1


@kernel
def _count_crossings(points: Coordinates, rings: Runs, objects: Runs, widths: Runs, status: NDArray[np.int8]) -> Runs:
    counts = np.zeros(status.size, np.int64)
    for item in range(status.size):
        length = 0.0
        for ring in range(objects[item], objects[item + 1]):
            begin, end = rings[ring], rings[ring + 1]
            for index in range(begin, end, 2):
                after = index + 2 if index + 2 < end else begin
                x, y, to_x, to_y = points[index], points[index + 1], points[after], points[after + 1]
                length += max(abs(5 * (to_x - x)), abs(5 * (to_y - y)))
                # A sum that meets a NaN fails the comparison, as it should.
                if not (length <= POINT_BUDGET and abs(x) <= POINT_BUDGET and abs(y) <= POINT_BUDGET):
                    status[item] = MALFORMED
                    break
                low, high = _fifths(x), _fifths(to_x)
                first, last = _border_range(min(low, high), max(low, high), widths[item])
                counts[item] += max(last - first, 0)
            if status[item]:
                counts[item] = 0
                break
    return counts


@kernel
def _row(value: int, height: int) -> int:
    """Return the pixel row of a point of the finer grid, as COCO rounds and clips it: ceil((value + 0.5) / 5 - 0.5), in whole numbers."""
    return min(max((value + 2) // 5, 0), height)


@kernel(error_model="numpy")
def _edge(xs: int, ys: int, xe: int, ye: int, height: int, width: int, columns: Runs, rows: Runs, at: int) -> int:
    """Write where one edge crosses the columns' borders."""
    dx, dy = abs(xe - xs), abs(ye - ys)
    if (dx >= dy and xs > xe) or (dx < dy and ys > ye):
        xs, ys, xe, ye = xe, ye, xs, ys
    first, last = _border_range(min(xs, xe), max(xs, xe), width)
    if first >= last:
        return at
    if dx >= dy:
        slope = (ye - ys) / dx
        for column in range(first, last):
            t = 5 * column + 2 - xs
            columns[at] = column
            rows[at] = _row(min(int(ys + slope * t + 0.5), int(ys + slope * (t + 1) + 0.5)), height)
            at += 1
        return at
    slope = (xe - xs) / dy
    for column in range(first, last):
        border = 5 * column + 2
        t = int((border + 0.5 - xs) / slope)
        if slope > 0:
            while t > 0 and int(xs + slope * t + 0.5) > border:
                t -= 1
            while int(xs + slope * (t + 1) + 0.5) <= border:
                t += 1
        else:
            while t > 0 and int(xs + slope * t + 0.5) <= border:
                t -= 1
            while int(xs + slope * (t + 1) + 0.5) > border:
                t += 1
        columns[at] = column
        rows[at] = _row(t + ys, height)
        at += 1
    return at


@kernel
def _in_order(columns: Runs, rows: Runs, height: int, ends: Runs, out: Runs) -> None:
    """Write crossings as positions down the columns, in ascending order; `ends` holds zeros, before and after."""
    low, high = columns.min(), columns.max()
    most = 0
    if high + 2 <= ends.size:
        # A column is crossed a few times: crossings are dealt to their columns, and then put in order, which moves few of them.
        for column in columns:
            ends[column + 1] += 1
        for column in range(low, high + 1):
            most = max(most, ends[column + 1])
            ends[column + 1] += ends[column]
        for index in range(columns.size):
            out[ends[columns[index]]] = columns[index] * height + rows[index]
            ends[columns[index]] += 1
        ends[low : high + 2] = 0
    else:
        out[: columns.size] = columns * height + rows
    if most > _MANY_CROSSINGS or high + 2 > ends.size:
        out[: columns.size].sort()
        return
    for index in range(1, columns.size):
        position = out[index]
        slot = index
        while slot and out[slot - 1] > position:
            out[slot] = out[slot - 1]
            slot -= 1
        out[slot] = position


@kernel
def _ring(points: Coordinates, begin: int, end: int, height: int, width: int, columns: Runs, rows: Runs, ends: Runs, out: Runs) -> int:
    """Write the change positions of one ring, sorted, without those that cancel; return how many there are.

    `columns`, `rows` and `ends` are room to work in; see `_in_order`.
    """
    at = 0
    xs, ys = _fifths(points[end - 2]), _fifths(points[end - 1])
    for index in range(begin, end, 2):
        xe, ye = _fifths(points[index]), _fifths(points[index + 1])
        at = _edge(xs, ys, xe, ye, height, width, columns, rows, at)
        xs, ys = xe, ye
    if not at:
        return 0
    _in_order(columns[:at], rows[:at], height, ends, out)
    kept = 0
    index = 0
    while index < at:
        if index + 1 < at and out[index] == out[index + 1]:
            index += 2
            continue
        out[kept] = out[index]
        kept += 1
        index += 1
    if kept and out[kept - 1] == height * width:
        kept -= 1
    return kept


@kernel
def _union(a: Runs, b: Runs, total: int, out: Runs) -> int:
    """Join two masks given by their change positions; an odd number of them means that the last run reaches the end."""
    i, j, kept = 0, 0, 0
    inside_a, inside_b = False, False
    while i < a.size or j < b.size:
        before = inside_a or inside_b
        position = min(a[i] if i < a.size else total, b[j] if j < b.size else total)
        if i < a.size and a[i] == position:
            inside_a = not inside_a
            i += 1
        if j < b.size and b[j] == position:
            inside_b = not inside_b
            j += 1
        if (inside_a or inside_b) != before:
            out[kept] = position
            kept += 1
    return kept


@kernel
def _fill_runs(
    points: Coordinates,
    rings: Runs,
    objects: Runs,
    heights: Runs,
    widths: Runs,
    status: NDArray[np.int8],
    crossings: Runs,
    runs: Runs,
    offsets: Runs,
) -> None:
    most = int(crossings.max()) if crossings.size else 0
    drawn, joined, both = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    columns, rows = np.empty(most, np.int64), np.empty(most, np.int64)
    ends = np.zeros(min(int(widths.max()), _MANY_COLUMNS) + 2 if widths.size else 0, np.int64)
    at = 0
    for item in range(status.size):
        offsets[item] = at
        if status[item]:
            continue
        height, width = heights[item], widths[item]
        total = height * width
        count = 0
        for ring in range(objects[item], objects[item + 1]):
            found = _ring(points, rings[ring], rings[ring + 1], height, width, columns, rows, ends, drawn)
            if count:
                count = _union(joined[:count], drawn[:found], total, both)
                joined, both = both, joined
            else:
                joined, drawn = drawn, joined
                count = found
        before = 0
        for index in range(count):
            runs[at] = joined[index] - before
            before = joined[index]
            at += 1
        runs[at] = total - before
        at += 1
    offsets[status.size] = at
