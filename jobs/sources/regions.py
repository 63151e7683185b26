"""A map of class ids in, its regions out as run lengths: one a class, or one a connected part where a class needs it."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Map = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a map: its class id, and COCO's uncompressed run lengths over the whole map."""

    value: int
    counts: NDArray[np.int64]


def find_regions(values: Map, divided: NDArray[np.bool_]) -> list[Region]:
    """Divide a map into regions.

    Args:
        values: (H, W) int32, class ids from 0; negative ones belong to no region.
        divided: (K,) bool, K above the highest id: whether a class falls into its 8-connected parts.

    Returns:
        Every region once, by class id and then by its first pixel down the columns.
    """
    height, width = values.shape
    columns = np.ascontiguousarray(values.T)
    most = 1 + int(np.count_nonzero(columns[:, 1:] != columns[:, :-1])) + width
    starts, ends, classes, parents = (np.empty(most, np.int32) for _ in range(4))
    found = _runs(columns, starts, ends, classes)
    _join_runs(starts[:found], ends[:found], classes[:found], divided, parents, height, width)
    return _gather(starts[:found], ends[:found], classes[:found], parents[:found], height * width)


def _gather(starts: Map, ends: Map, classes: Map, roots: Map, total: int) -> list[Region]:
    kept = np.flatnonzero(classes >= 0)
    order = kept[np.lexsort((kept, roots[kept], classes[kept]))]
    bounds = np.flatnonzero(np.diff(roots[order])) + 1
    regions = []
    for members in np.split(order, bounds) if order.size else []:
        begins, stops = starts[members].astype(np.int64), ends[members].astype(np.int64)
        apart = begins[1:] != stops[:-1]  # a run that ends a column and one that begins the next are one run
        changes = np.stack((begins[np.r_[True, apart]], stops[np.r_[apart, True]]), axis=1).ravel()
        edges = changes[:-1] if changes[-1] == total else changes
        regions.append(Region(int(classes[members[0]]), np.diff(edges, prepend=0, append=total)))
    return regions


@njit(cache=True, nogil=True)
def _runs(columns: Map, starts: Map, ends: Map, classes: Map) -> int:
    """Find the runs of equal value down each column; positions count down the columns."""
    width, height = columns.shape
    found = 0
    for x in range(width):
        y = 0
        while y < height:
            value = columns[x, y]
            begin = y
            y += 1
            while y < height and columns[x, y] == value:
                y += 1
            starts[found] = x * height + begin
            ends[found] = x * height + y
            classes[found] = value
            found += 1
    return found


@njit(cache=True, nogil=True)
def _root(parents: Map, run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@njit(cache=True, nogil=True)
def _join_runs(starts: Map, ends: Map, classes: Map, divided: NDArray[np.bool_], parents: Map, height: int, width: int) -> None:
    """Give every run the first run of its region as its root."""
    count = starts.size
    first_of_class = np.full(divided.size, -1, np.int32)
    left, after_left = 0, 0  # the runs of the column before
    column = 0
    for run in range(count):
        parents[run] = run
        if starts[run] // height != column:
            column = starts[run] // height
            left, after_left = after_left, run
        value = classes[run]
        if value < 0:
            continue
        if not divided[value]:
            if first_of_class[value] < 0:
                first_of_class[value] = run
            parents[run] = first_of_class[value]
            continue
        if column == 0:
            continue
        top, bottom = starts[run] - height - 1, ends[run] - height + 1  # diagonal neighbours count
        while left < after_left and ends[left] <= top:
            left += 1
        other = left
        while other < after_left and starts[other] < bottom:
            if classes[other] == value and ends[other] > top:
                a, b = _root(parents, run), _root(parents, other)
                if a != b:
                    parents[max(a, b)] = min(a, b)
            other += 1
    for run in range(count):
        if classes[run] >= 0 and divided[classes[run]]:
            parents[run] = _root(parents, run)
