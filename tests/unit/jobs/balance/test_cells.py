"""How `jobs.balance.cells` chooses within a cell."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from jobs.balance.cells import candidates, cell_table, replicas
from lake.configuration import BalanceSpec
from lake.errors import ContractError


def _rows(count: int, *, split: str = "train", class_id: str = "car") -> pa.Table:
    return pa.table(
        {
            "instance_id": [hashlib.sha256(f"{class_id}{number}".encode()).hexdigest() for number in range(count)],
            "split": [split] * count,
            "domain": ["driving"] * count,
            "customer": ["acme"] * count,
            "class_id": [class_id] * count,
        }
    )


def _crops(rows: pa.Table, spec: BalanceSpec) -> list[int]:
    eligible = np.ones(len(rows), np.bool_)
    cells = cell_table([candidates(rows, eligible, spec, seed=1)], spec)
    return [int(crops) for crops in replicas(rows, eligible, cells, spec, seed=1)]


def test_a_quota_below_the_instances_chooses_some_once() -> None:
    crops = _crops(_rows(100), BalanceSpec(target=30, floor=0))
    assert (sum(crops), set(crops)) == (30, {0, 1})


def test_a_quota_above_the_instances_cuts_each_and_some_once_more() -> None:
    crops = _crops(_rows(100), BalanceSpec(target=230, floor=0))
    assert (sum(crops), set(crops)) == (230, {2, 3})


def test_val_and_test_instances_are_planned_once_whatever_the_quota() -> None:
    rows = pa.concat_tables([_rows(10), _rows(10, split="val"), _rows(10, split="test", class_id="dog")])
    crops = _crops(rows, BalanceSpec(target=40, floor=0))
    assert crops == [4] * 10 + [1] * 20


def test_what_is_not_eligible_gets_no_crop_and_no_quota() -> None:
    rows, spec = _rows(10), BalanceSpec(target=8, floor=0)
    eligible = np.arange(10) < 2
    cells = cell_table([candidates(rows, eligible, spec, seed=1)], spec)
    assert (cells["driving/car"].instances, cells["driving/car"].quota) == (2, 8)
    assert replicas(rows, eligible, cells, spec, seed=1).tolist() == [4, 4] + [0] * 8


def test_cells_are_named_by_the_values_they_are_counted_by() -> None:
    spec = BalanceSpec(by=("customer", "class"))
    assert list(cell_table([candidates(_rows(1), np.array([True]), spec, seed=1)], spec)) == ["acme/car"]


def test_another_seed_chooses_others() -> None:
    rows, spec = _rows(100), BalanceSpec(target=30, floor=0)
    eligible = np.ones(100, np.bool_)
    chosen = [
        replicas(rows, eligible, cell_table([candidates(rows, eligible, spec, seed=seed)], spec), spec, seed=seed).tolist()
        for seed in (1, 2)
    ]
    assert chosen[0] != chosen[1]


def test_an_instance_that_stands_twice_is_refused() -> None:
    rows, spec = pa.concat_tables([_rows(3), _rows(1)]), BalanceSpec()
    with pytest.raises(ContractError, match="1 instances stand twice in `instances`"):
        cell_table([candidates(rows, np.ones(4, np.bool_), spec, seed=1)], spec)


def test_no_candidates_make_no_cells() -> None:
    assert cell_table([], BalanceSpec()) == {}
