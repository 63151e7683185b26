"""Groups close where they should."""

import numpy as np

from jobs.packing import pack_spans, pack_until, pack_up_to


def test_a_group_closes_before_the_item_that_would_make_it_too_heavy() -> None:
    assert pack_up_to([2, 3, 1, 4], 6) == [range(3), range(3, 4)]
    assert pack_up_to([2, 3, 2, 4], 6) == [range(2), range(2, 4)]


def test_an_item_heavier_than_a_group_may_be_stands_alone() -> None:
    assert pack_up_to([1, 9, 1, 9, 9], 6) == [range(1), range(1, 2), range(2, 3), range(3, 4), range(4, 5)]


def test_a_group_closes_with_the_item_that_makes_it_heavy_enough() -> None:
    assert pack_until([2, 3, 1, 4], 6) == [range(3), range(3, 4)]
    assert pack_until([2, 3, 2, 9, 4], 6) == [range(3), range(3, 4), range(4, 5)]


def test_nothing_is_packed_into_no_group() -> None:
    nothing = np.empty(0, np.int64)
    assert pack_up_to([], 6) == pack_until([], 6) == pack_spans(nothing, nothing, 6, most_items=2) == []


def test_a_span_counts_the_gaps_within_a_group_but_not_those_between_groups() -> None:
    starts, ends = np.array([0, 10, 100, 104]), np.array([4, 12, 103, 120])
    assert pack_spans(starts, ends, 12, most_items=9) == [range(2), range(2, 3), range(3, 4)]
    assert pack_spans(starts, ends, 11, most_items=9) == [range(1), range(1, 2), range(2, 3), range(3, 4)]
    assert pack_spans(starts, ends, 1000, most_items=3) == [range(3), range(3, 4)]
