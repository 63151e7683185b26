"""Greedy packing: a sequence of weighted items is cut, in its order, into groups of bounded weight.

Shards, slices of files, units of exports and batches of checks are all cut so. A group is a range of indices; the groups are never
empty and hold every index once, in order. What is cut follows from the weights alone, so that the same input makes the same files.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pack_up_to(weights: Sequence[float], most: float) -> list[range]:
    """Close a group before the item that would make it heavier than `most`; an item heavier than that is a group of its own.

    Args:
        weights: Of the items, >= 0; summed one after the other, as floating point needs it to come out the same.
        most: What a group may weigh.
    """
    groups: list[range] = []
    begin, held = 0, 0.0
    for index, weight in enumerate(weights):
        if index > begin and held + weight > most:
            groups.append(range(begin, index))
            begin, held = index, 0.0
        held += weight
    if begin < len(weights):
        groups.append(range(begin, len(weights)))
    return groups


def pack_until(weights: Sequence[float], enough: float) -> list[range]:
    """Close a group with the item that makes it weigh `enough`; the last group may weigh less.

    Args:
        weights: Of the items, >= 0.
        enough: What a group weighs at least.
    """
    groups: list[range] = []
    begin, held = 0, 0.0
    for index, weight in enumerate(weights):
        held += weight
        if held >= enough:
            groups.append(range(begin, index + 1))
            begin, held = index + 1, 0.0
    if begin < len(weights):
        groups.append(range(begin, len(weights)))
    return groups


def pack_by_prefix(keys: NDArray[np.uint64], weights: NDArray[np.float64], most: float) -> list[range]:
    """Halve what weighs more than `most` by the next bit of its keys, again and again; an item heavier than that is a group of its own.

    An item that comes takes its place in one group or parts it in some; the others stay as they are.

    Args:
        keys: (N,) uint64, hashes, ascending; what has equal ones and is too heavy together is parted item by item.
        weights: (N,) float64, >= 0; whole multiples of a power of two, so that sums are exact whatever else is in them.
        most: What a group may weigh.
    """
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    groups: list[range] = []
    waiting = [(0, len(keys), 0, 63)]
    while waiting:
        begin, end, least, bit = waiting.pop()
        if begin < end and (sums[end] - sums[begin] <= most or end - begin == 1):
            groups.append(range(begin, end))
        elif bit < 0:
            groups += [range(index, index + 1) for index in range(begin, end)]
        elif begin < end:
            half = least | 1 << bit
            middle = begin + int(np.searchsorted(keys[begin:end], np.uint64(half)))
            waiting += [(middle, end, half, bit - 1), (begin, middle, least, bit - 1)]  # the lower half is looked at first
    return groups


def pack_spans(starts: NDArray[np.int64], ends: NDArray[np.int64], most: int, *, most_items: int) -> list[range]:
    """Pack as `pack_up_to` items that lie along a line: a group weighs what it spans, gaps included; fast for millions.

    Args:
        starts: (N,) int64, where each item begins, ascending.
        ends: (N,) int64, where each item ends, ascending; items do not overlap.
        most: What a group may span, in the unit of `starts`, unless one item alone is longer.
        most_items: Items that a group may have, >= 1.
    """
    groups: list[range] = []
    begin = 0
    while begin < starts.size:
        reached = int(np.searchsorted(ends, starts[begin] + most, side="right"))
        stop = min(max(reached, begin + 1), begin + most_items)
        groups.append(range(begin, stop))
        begin = stop
    return groups
