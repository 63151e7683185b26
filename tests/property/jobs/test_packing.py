"""Whatever the weights: packing keeps the order, loses and repeats nothing, and holds its bound."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.packing import pack_by_prefix, pack_spans, pack_until, pack_up_to

weights = st.lists(st.integers(0, 50) | st.integers(0, 5000), max_size=80)
bounds = st.integers(1, 200)


def assert_every_index_once_in_order(groups: list[range], count: int) -> None:
    assert all(len(group) for group in groups)
    assert [index for group in groups for index in group] == list(range(count))


@given(weights, bounds)
def test_groups_up_to_a_bound_hold_it_except_for_single_items_and_take_all_that_fits(items: list[int], most: int) -> None:
    groups = pack_up_to(items, most)
    assert_every_index_once_in_order(groups, len(items))
    held = [sum(items[index] for index in group) for group in groups]
    assert all(weight <= most or len(group) == 1 for group, weight in zip(groups, held, strict=True))
    assert all(weight + items[group.stop] > most for group, weight in zip(groups[:-1], held, strict=False))


@given(st.dictionaries(st.integers(0, 2**64 - 1) | st.integers(0, 9), st.integers(0, 300), max_size=60), bounds, st.integers(0, 2**64 - 1))
def test_an_item_that_comes_or_goes_changes_one_group_at_most(items: dict[int, int], most: int, key: int) -> None:
    items.pop(key, None)
    before, after = _by_prefix(items, most), _by_prefix({**items, key: 7}, most)
    for groups, of in ((before, items), (after, {**items, key: 7})):
        assert sorted(name for group in groups for name in group) == sorted(of)
        assert all(sum(of[name] for name in group) <= most or len(group) == 1 for group in groups)
    assert len(set(before) - set(after)) <= 1


def _by_prefix(items: dict[int, int], most: int) -> list[tuple[int, ...]]:
    names = sorted(items)
    groups = pack_by_prefix(np.array(names, np.uint64), np.array([items[name] for name in names], np.float64), most)
    assert_every_index_once_in_order(groups, len(names))
    return [tuple(names[index] for index in group) for group in groups]


@given(weights, bounds)
def test_groups_until_a_weight_reach_it_with_their_last_item(items: list[int], enough: int) -> None:
    groups = pack_until(items, enough)
    assert_every_index_once_in_order(groups, len(items))
    held = [sum(items[index] for index in group) for group in groups]
    assert all(weight >= enough for weight in held[:-1])
    assert all(weight - items[group.stop - 1] < enough for group, weight in zip(groups, held, strict=True))


@given(weights, bounds, st.integers(1, 100))
def test_spans_without_gaps_are_packed_as_weights_are(items: list[int], most: int, most_items: int) -> None:
    ends = np.cumsum(np.array(items, np.int64))
    starts = ends - np.array(items, np.int64)
    assert pack_spans(starts, ends, most, most_items=len(items) + 1) == pack_up_to(items, most)
    groups = pack_spans(starts, ends, most, most_items=most_items)
    assert_every_index_once_in_order(groups, len(items))
    assert all(len(group) <= most_items for group in groups)


@given(weights, st.lists(st.integers(0, 30), min_size=80, max_size=80), bounds)
def test_a_group_of_spans_is_no_longer_than_the_bound_unless_it_is_one_item(items: list[int], gaps: list[int], most: int) -> None:
    ends = np.cumsum(np.array(items, np.int64) + np.array(gaps[: len(items)], np.int64))
    starts = ends - np.array(items, np.int64)
    groups = pack_spans(starts, ends, most, most_items=len(items) + 1)
    assert_every_index_once_in_order(groups, len(items))
    assert all(ends[group.stop - 1] - starts[group.start] <= most or len(group) == 1 for group in groups)
    assert all(ends[group.stop] - starts[group.start] > most for group in groups[:-1])
