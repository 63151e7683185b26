"""How `jobs.balance.quotas` apportions a target, on cases that can be worked out by hand."""

import numpy as np
import pytest

from jobs.balance.quotas import quotas
from lake.configuration import BalanceSpec


def _quotas(counts: list[int], **spec: float) -> list[int]:
    return [int(quota) for quota in quotas(np.array(counts), BalanceSpec.model_validate({"floor": 0, **spec}))]


def test_temperature_one_keeps_the_sources_proportions() -> None:
    assert _quotas([600, 300, 100], target=100, temperature=1) == [60, 30, 10]


def test_temperature_nought_makes_cells_equal() -> None:
    assert _quotas([600, 300, 100], target=99, temperature=0) == [33, 33, 33]


def test_temperature_a_half_follows_the_square_root() -> None:
    assert _quotas([400, 100, 25], target=70, temperature=0.5, max_replicas=9) == [40, 20, 10]


def test_a_full_cell_leaves_its_rest_to_the_others() -> None:
    assert _quotas([1000, 1000, 5], target=300, temperature=0, max_replicas=2) == [145, 145, 10]


def test_what_a_full_cell_leaves_is_shared_in_the_same_proportion() -> None:
    assert _quotas([6400, 1600, 4], target=1204, temperature=0.5, max_replicas=1) == [800, 400, 4]


def test_the_floor_lifts_a_small_cell_up_to_what_its_replicas_can_give() -> None:
    assert _quotas([10_000, 8, 100], target=1_000, temperature=1, floor=20, max_replicas=2) == [964, 16, 20]


def test_floors_that_exceed_the_target_are_cut_down_to_it() -> None:
    assert _quotas([100, 100, 10], target=21, temperature=0.5, floor=20, max_replicas=1) == [9, 8, 4]


def test_what_all_cells_can_give_is_the_end_of_it() -> None:
    assert _quotas([3, 2], target=1_000, max_replicas=4) == [12, 8]


def test_of_equal_remainders_the_earlier_cell_gets_the_crop() -> None:
    assert _quotas([10, 10, 10], target=10, temperature=1) == [4, 3, 3]


def test_no_cells_have_no_quotas() -> None:
    assert _quotas([], target=10) == []


def test_an_empty_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="a cell without instances has no quota"):
        _quotas([3, 0], target=2)
