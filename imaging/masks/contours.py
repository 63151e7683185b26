"""Run lengths of a mask in, its tight box, the length of its outline and the number of its parts and holes out.

Runs are canonical, as `imaging.masks.rle.window_runs` returns them: none but the first is empty. A run is followed in
column-major order; where it goes on into the next column it is taken as one segment a column.
"""

import numpy as np
import numpy.typing as npt

from imaging.kernels import kernel
from imaging.masks.rle import Runs


@kernel
def tight_box(runs: Runs, height: int) -> tuple[int, int, int, int]:
    """Return x, y, width and height in px of the smallest box around a mask that is not empty.

    Args:
        runs: Of the whole image.
        height: Of the image, in px.
    """
    left = top = 1 << 62
    right = bottom = -1
    position = 0
    for place in range(len(runs)):
        begin, position = position, position + int(runs[place])
        if place & 1 == 0 or begin == position:
            continue
        first, last = begin // height, (position - 1) // height
        left, right = min(left, first), max(right, last)
        if first == last:
            top, bottom = min(top, begin - first * height), max(bottom, position - 1 - last * height)
        else:
            top, bottom = 0, height - 1
    return left, top, right - left + 1, bottom - top + 1


@kernel
def outline_edges(runs: Runs, height: int) -> int:
    """Count the pixel edges between inside and outside; beyond the image is outside.

    Every segment of a column has an edge above and one below. A pixel has an edge to its left and one to its right
    unless the same row of the next column, `height` positions on, is inside too.

    Args:
        runs: Of the whole image.
        height: Of the image, in px.
    """
    area = segments = shared = 0
    end = 0
    other, other_end = np.int64(1), runs[0] + (runs[1] if len(runs) > 1 else 0)
    for place in range(1, len(runs), 2):
        begin = end + runs[place - 1]
        end = begin + runs[place]
        if begin == end:
            continue
        area += end - begin
        segments += (end - 1) // height - begin // height + 1
        while other < len(runs) and other_end <= begin + height:
            other, other_end = _next_inside(runs, other, other_end)
        look, look_end = other, other_end
        while look < len(runs) and look_end - runs[look] < end + height:
            shared += min(look_end, end + height) - max(look_end - runs[look], begin + height)
            look, look_end = _next_inside(runs, look, look_end)
    return 2 * (segments + area - shared)


@kernel
def _next_inside(runs: Runs, place: int, end: int) -> tuple[int, int]:
    """Go from a run inside the mask, which ends at a position, to the next one inside."""
    if place + 2 >= len(runs):
        return place + 2, end
    return place + 2, end + runs[place + 1] + runs[place + 2]


@kernel
def count_parts(runs: Runs, height: int, width: int) -> tuple[int, int]:
    """Count the 8-connected parts of a mask and its holes: 4-connected outside parts that do not reach the frame.

    Args:
        runs: Of a frame that holds the whole mask.
        height: Of the frame, in px.
        width: Of the frame, in px.
    """
    room = len(runs) + width
    tops, bottoms = np.empty(room, np.int64), np.empty(room, np.int64)
    colours, parents = np.empty(room, np.int64), np.empty(room, np.int64)
    framed = np.zeros(room, np.bool_)
    count = place = 0
    before = current = 0  # first segments of the last column and of this one
    left = runs[0]
    for column in range(width):
        row = 0
        while row < height:
            while left == 0:
                place += 1
                left = runs[place]
            length = min(left, height - row)
            tops[count], bottoms[count], colours[count], parents[count] = row, row + length, place & 1, count
            framed[count] = row == 0 or row + length == height or column == 0 or column == width - 1
            row, left, count = row + length, left - length, count + 1
        _join_columns(tops, bottoms, colours, parents, framed, before, current, count)
        before, current = current, count
    parts = holes = 0
    for segment in range(count):
        if parents[segment] == segment:
            parts += colours[segment]
            holes += 1 - colours[segment] if not framed[segment] else 0
    return parts, holes


@kernel
def _join_columns(
    tops: Runs, bottoms: Runs, colours: Runs, parents: Runs, framed: npt.NDArray[np.bool_], before: int, current: int, end: int
) -> None:
    """Unite the segments of a column with those they touch in the column before."""
    first = before
    for segment in range(current, end):
        while first < current and bottoms[first] < tops[segment]:
            first += 1
        other = first
        while other < current and tops[other] <= bottoms[segment]:
            reach = colours[segment]  # inside also touches over a corner
            if colours[other] == reach and tops[other] < bottoms[segment] + reach and tops[segment] < bottoms[other] + reach:
                one, two = _root(parents, segment), _root(parents, other)
                parents[max(one, two)] = min(one, two)
                framed[min(one, two)] |= framed[max(one, two)]
            other += 1


@kernel
def _root(parents: Runs, segment: int) -> int:
    while parents[segment] != segment:
        parents[segment] = parents[parents[segment]]
        segment = parents[segment]
    return segment
