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
