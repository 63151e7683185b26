"""Measures many masks from their run lengths, and writes their COCO compressed counts, without painting any of them.

A mask is cut into segments, one a run and column. Segments that touch in neighbouring columns, diagonals included, are
joined; since a cycle of touching segments always encloses background, parts - segments + touches is the number of holes.

Source: maskApi.c of the COCO API, rleToString; the Euler number of a plane graph.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernels import kernel
from imaging.masks.rle import Runs

PROPERTIES = ("box_x", "box_y", "box_width", "box_height", "area", "components", "holes", "owns_centre")
"""Columns of the properties, in order; each of the next is the index of one."""

BOX_X, BOX_Y, BOX_WIDTH, BOX_HEIGHT, AREA, COMPONENTS, HOLES, OWNS_CENTRE = range(len(PROPERTIES))


def describe_runs(runs: Runs, offsets: Runs, heights: Runs) -> tuple[Runs, NDArray[np.uint8], NDArray[np.int32]]:
    """Describe masks and write their compressed counts.

    Args:
        runs: (T,) int64 run lengths of all masks one after the other, background first; runs of no length are joined.
        offsets: (N + 1,) int64, where each mask's begin.
        heights: (N,) int64, of each mask's image, in px.

    Returns:
        (N, 8) int64 properties, in the order of `PROPERTIES`, 0 for an empty mask; (C,) uint8 counts of all masks in ASCII, one
        after the other; (N + 1,) int32, where each mask's begin.
    """
    properties = np.zeros((heights.size, len(PROPERTIES)), np.int64)
    text = np.empty(8 * int(runs.size) + 8 * int(heights.size), np.uint8)
    ends = np.zeros(heights.size + 1, np.int32)
    _describe(runs, offsets, heights, properties, text, ends)
    return properties, text[: ends[-1]], ends


@kernel
def _describe(runs: Runs, offsets: Runs, heights: Runs, properties: Runs, text: NDArray[np.uint8], ends: NDArray[np.int32]) -> None:
    most = 0
    for item in range(heights.size):
        most = max(most, offsets[item + 1] - offsets[item])
    changes = np.empty(most + 1, np.int64)
    at = 0
    for item in range(heights.size):
        begin, end = offsets[item], offsets[item + 1]
        count, total = _changes(runs, begin, end, changes)
        at = _write_counts(changes, count, total, text, at)
        ends[item + 1] = at
        if count:
            _measure(changes, count, total, heights[item], properties[item])


@kernel
def _changes(runs: Runs, begin: int, end: int, changes: Runs) -> tuple[int, int]:
    """Write where the colour changes, leaving out runs of no length and a change at the very end."""
    count, position = 0, 0
    for index in range(begin, end):
        if index > begin:
            if count and changes[count - 1] == position:
                count -= 1
            else:
                changes[count] = position
                count += 1
        position += runs[index]
    if count and changes[count - 1] == position:
        count -= 1
    return count, position


@kernel
def _write_counts(changes: Runs, count: int, total: int, text: NDArray[np.uint8], at: int) -> int:
    before, second, third = 0, 0, 0
    for index in range(count + 1):
        position = changes[index] if index < count else total
        length = position - before
        value = length - third if index > 2 else length
        third, second = second, length
        before = position
        more = True
        while more:
            digit = value & 31
            value >>= 5
            more = value != -1 if digit & 16 else value != 0
            text[at] = (digit | 32 if more else digit) + 48
            at += 1
    return at


@kernel
def _root(parents: Runs, segment: int) -> int:
    while parents[segment] != segment:
        parents[segment] = parents[parents[segment]]
        segment = parents[segment]
    return segment


@kernel
def _measure(changes: Runs, count: int, total: int, height: int, properties: Runs) -> None:
    last = changes[count - 1] if count % 2 == 0 else total
    left, right = changes[0] // height, (last - 1) // height
    most = count // 2 + 2 + right - left
    tops, bottoms, parents = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    found, touches, joins, area = 0, 0, 0, 0
    top, bottom = height, 0
    column, below = left - 1, left * height  # the column, and where the next one begins
    first, before = 0, 0  # segments from `before` to `first` lie in the column before
    for index in range(0, count, 2):
        begin = changes[index]
        end = changes[index + 1] if index + 1 < count else total
        area += end - begin
        while begin < end:
            if begin >= below:
                # Most segments lie in the column after the last one: a division for the others alone.
                x = column + 1 if begin < below + height else begin // height
                before = first if x == column + 1 else found
                first, column, below = found, x, (x + 1) * height
            upper = begin - below + height
            lower = min(height, upper + end - begin)
            top, bottom = min(top, upper), max(bottom, lower)
            tops[found], bottoms[found], parents[found] = upper, lower, found
            while before < first and bottoms[before] < upper:
                before += 1
            other = before
            while other < first and tops[other] <= lower:
                touches += 1
                a, b = _root(parents, found), _root(parents, other)
                if a != b:
                    parents[max(a, b)] = min(a, b)
                    joins += 1
                other += 1
            found += 1
            begin = below - height + lower
    properties[BOX_X], properties[BOX_Y] = left, top
    properties[BOX_WIDTH], properties[BOX_HEIGHT] = right - left + 1, bottom - top
    properties[AREA] = area
    properties[COMPONENTS] = found - joins
    properties[HOLES] = touches - joins
    centre = (left + properties[BOX_WIDTH] // 2) * height + top + properties[BOX_HEIGHT] // 2
    inside = 0
    for index in range(count):
        if changes[index] > centre:
            break
        inside = 1 - inside
    properties[OWNS_CENTRE] = inside
