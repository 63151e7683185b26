"""Divides a map of class ids into regions as run lengths: one a class, or one a connected part where a class needs it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.bits import bits_at
from imaging.kernels import kernel

_Whole32 = NDArray[np.int32]
_Values = NDArray[Any]

_WORD = 8
_REPEATED = np.uint64(0x0101010101010101)


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a map: its class id, and COCO's uncompressed run lengths over the whole map, (R,) int64."""

    value: int
    counts: NDArray[np.int64]


def find_regions(values: _Values, divided: NDArray[np.bool_], ids: _Whole32 | None = None) -> list[Region]:
    """Divide a map into regions.

    Args:
        values: (H, W) uint8, uint16 or int32, class ids from 0; negative ones belong to no region.
        divided: (K,) bool, K above the highest id: whether a class falls into its 8-connected parts.
        ids: (V,) int32, V above the highest value: the class id of each value; by default the value itself.
            Values that share an id must not belong to a class that is divided.

    Returns:
        Every region once, by class id and then by its first pixel down the columns.
    """
    height, width = values.shape
    columns = np.empty(height * width + _WORD, values.dtype)
    cv2.transpose(values, columns[:-_WORD].reshape(width, height))
    find = _runs_of_bytes if values.dtype == np.uint8 else _runs
    room, found = 16 * width, -1
    while found < 0:
        starts, ends, classes = (np.empty(room, np.int32) for _ in range(3))
        found = find(columns, height, width, starts, ends, classes)
        room *= 4
    starts, ends, classes = starts[:found], ends[:found], classes[:found]
    if ids is not None:
        classes = ids[classes]
    roots = np.empty(found, np.int32)
    _join_runs(starts, ends, classes, divided, roots, height, width)
    return _gather(starts, ends, classes, roots, height * width)


def _gather(starts: _Whole32, ends: _Whole32, classes: _Whole32, roots: _Whole32, total: int) -> list[Region]:
    firsts = np.flatnonzero((classes >= 0) & (roots == np.arange(roots.size)))
    firsts = firsts[np.lexsort((firsts, classes[firsts]))]
    numbers = np.full(roots.size, -1, np.int64)  # of the region that begins with a run
    numbers[firsts] = np.arange(firsts.size)
    numbers = np.where(classes >= 0, numbers[roots], -1)
    members = np.bincount(numbers[numbers >= 0], minlength=firsts.size)
    offsets = np.cumsum(2 * members + 1) - 2 * members - 1
    counts, lengths = np.empty(int(2 * members.sum()) + firsts.size, np.int64), np.zeros(firsts.size, np.int64)
    _write_counts(starts, ends, numbers, total, offsets, counts, lengths)
    spans = zip(classes[firsts].tolist(), offsets.tolist(), (offsets + lengths).tolist(), strict=True)
    return [Region(value, counts[begin:end]) for value, begin, end in spans]


@kernel
def _write_counts(
    starts: _Whole32,
    ends: _Whole32,
    numbers: NDArray[np.int64],
    total: int,
    offsets: NDArray[np.int64],
    counts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> None:
    """Write the run lengths of every region from its offset on, and how many they are."""
    behind = np.zeros(offsets.size, np.int64)
    for run in range(starts.size):
        number = numbers[run]
        if number < 0:
            continue
        at = offsets[number] + lengths[number]
        if lengths[number] and starts[run] == behind[number]:
            # a run that ends a column and one that begins the next are one run
            counts[at - 1] += ends[run] - starts[run]
        else:
            counts[at] = starts[run] - behind[number]
            counts[at + 1] = ends[run] - starts[run]
            lengths[number] += 2
        behind[number] = ends[run]
    for number in range(offsets.size):
        if behind[number] < total:
            counts[offsets[number] + lengths[number]] = total - behind[number]
            lengths[number] += 1


@kernel
def _runs(columns: _Values, height: int, width: int, starts: _Whole32, ends: _Whole32, classes: _Whole32) -> int:
    """Find the runs of equal value down each column; positions count down the columns. Returns -1 where room lacks."""
    found = 0
    for x in range(width):
        at, end = x * height, (x + 1) * height
        while at < end:
            if found == starts.size:
                return -1
            value = columns[at]
            starts[found] = at
            while at < end and columns[at] == value:
                at += 1
            ends[found] = at
            classes[found] = value
            found += 1
    return found


@kernel
def _runs_of_bytes(columns: NDArray[np.uint8], height: int, width: int, starts: _Whole32, ends: _Whole32, classes: _Whole32) -> int:
    """Do as `_runs`, eight pixels at a time; as many more follow the last."""
    found = 0
    for x in range(width):
        at, end = x * height, (x + 1) * height
        while at < end:
            if found == starts.size:
                return -1
            value = columns[at]
            starts[found] = at
            word = _REPEATED * np.uint64(value)
            while at + _WORD <= end and bits_at(columns, 8 * at) == word:
                at += _WORD
            while at < end and columns[at] == value:
                at += 1
            ends[found] = at
            classes[found] = value
            found += 1
    return found


@kernel
def _root(parents: _Whole32, run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@kernel
def _join_runs(
    starts: _Whole32, ends: _Whole32, classes: _Whole32, divided: NDArray[np.bool_], parents: _Whole32, height: int, width: int
) -> None:
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
