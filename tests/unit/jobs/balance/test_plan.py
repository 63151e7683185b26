"""What `jobs.balance.plan` plans and rejects, and what `jobs.balance.report` says of it, on rows written by hand."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from imaging.masks.masks import encode
from jobs.balance.cells import Cell, candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import Planned, plan_instances
from jobs.balance.report import balance_table, tally
from lake.configuration import BalanceSpec, CropSpec
from lake.contracts import Instance
from lake.schemas import table_of
from tests.support.mask_oracles import mask_properties

RING = np.zeros((100, 100), bool)
RING[20:60, 20:60] = True
RING[22:58, 22:58] = False


def _instance(number: int, **change: Any) -> dict[str, Any]:
    counts = encode(RING)
    properties = mask_properties(counts, 100, 100)
    row: dict[str, Any] = {
        "instance_id": hashlib.sha256(str(number).encode()).hexdigest(),
        "image_id": hashlib.sha256(b"image").hexdigest(),
        "source": "drive",
        "source_ref": f"export.json#{number}",
        "customer": "acme",
        "domain": "driving",
        "label": "automobile",
        "class_id": "car",
        "class_path": "vehicle/car",
        "disposition": "kept",
        "geometry": counts,
        "image_width": 100,
        "image_height": 100,
        **{name: getattr(properties, name) for name in properties.__slots__},
        "scene": "full",
        "group_id": "drive/1",
        "split": "train",
        "uri": "file:///1.jpg",
        "orientation": 1,
        "format": "jpeg",
        "mode": "RGB",
        "licence": None,
        "taxonomy": "0" * 64,
    }
    return row | change


def _planned(rows: list[dict[str, Any]], balance: BalanceSpec, crops: CropSpec | None = None) -> tuple[pa.Table, Planned, dict[str, Cell]]:
    crops = crops or CropSpec()
    instances = table_of(Instance, rows)
    cells = cell_table([candidates(instances, find_ineligible(instances, crops) == ELIGIBLE, balance, seed=crops.seed)], balance)
    return instances, plan_instances(instances, cells, balance, crops), cells


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"disposition": "background", "class_path": "stuff/sky"}, "background", "class stuff/sky; instance"),
        ({"disposition": "unapproved"}, "unapproved", "class vehicle/car; instance"),
        ({"disposition": "ignored", "class_id": "", "class_path": "", "label": "void"}, "ignored", "label 'void'; instance"),
        ({"box_width": 3, "box_height": 4}, "too-small", "box 3 x 4 px, min_side 16; instance"),
        ({"box_width": 2000}, "too-large", "box 2000 x 40 px, max_side 1024; instance"),
        ({"geometry": "not counts"}, "centre-unownable", "no window around it has a central pixel of its own; instance"),
    ],
)
def test_a_reject_says_its_reason_with_what_shows_it(change: dict[str, Any], reason: str, detail: str) -> None:
    _, planned, _ = _planned([_instance(0), _instance(1, **change)], BalanceSpec())
    (reject,) = planned.rejects.to_pylist()
    assert (reject["stage"], reject["source"], reject["source_ref"], reject["reason"]) == ("balance", "drive", "export.json#1", reason)
    assert reject["detail"].startswith(detail)
    assert set(planned.plan.column("instance_id").to_pylist()) == {_instance(0)["instance_id"]}
    assert planned.crops.tolist() == [4, 0]


def test_over_quota_names_the_cell_with_its_numbers() -> None:
    _, planned, _ = _planned([_instance(number) for number in range(3)], BalanceSpec(target=2, floor=0))
    (reject,) = planned.rejects.to_pylist()
    assert reject["reason"] == "over-quota"
    assert reject["detail"].startswith("cell driving/car: 2 crops for 3 instances; instance ")


def test_a_planned_crop_carries_its_keys_cell_and_window() -> None:
    _, planned, _ = _planned([_instance(0)], BalanceSpec(max_replicas=1), CropSpec(padding=(0, 0)))
    (crop,) = planned.plan.to_pylist()
    assert (crop["replica"], crop["split"], crop["stratum"], crop["weight"], crop["owns_centre"]) == (0, "train", "driving/car", 1.0, True)
    assert (crop["window_width"], crop["window_height"]) == (40, 40)
    assert (crop["window_left"] + 20, crop["window_top"] + 20) == (58, 40)


def test_a_crops_id_changes_with_its_spec_and_not_with_the_balance() -> None:
    def ids(balance: BalanceSpec, crops: CropSpec) -> list[str]:
        plan = _planned([_instance(0)], balance, crops)[1].plan
        return plan.column("crop_id").to_pylist()[:1]  # type: ignore[no-any-return]

    first = ids(BalanceSpec(), CropSpec())
    assert ids(BalanceSpec(target=1), CropSpec()) == first
    assert ids(BalanceSpec(), CropSpec(codec="jpeg-95")) != first


def test_the_report_counts_before_and_after_by_customer_within_a_cell() -> None:
    rows = [_instance(number) for number in range(6)]
    rows += [_instance(number, customer="rapid", source="rapid") for number in range(6, 8)]
    rows += [_instance(8, box_width=3, box_height=3), _instance(9, split="test"), _instance(10, disposition="background")]
    instances, planned, cells = _planned(rows, BalanceSpec(target=16, floor=0))
    report = balance_table([tally(instances, planned, BalanceSpec(target=16, floor=0))], cells).to_pylist()
    assert [
        (row["customer"], row["split"], row["before"], row["planned"], row["after"], row["rejected"], row["target"]) for row in report
    ] == [("acme", "test", 1, 1, 1, 0, 1.0), ("acme", "train", 7, 6, 12, 1, 12.0), ("rapid", "train", 2, 2, 4, 0, 4.0)]
    assert [(row["share_before"], row["share_after"]) for row in report] == [(1, 1), (7 / 9, 12 / 16), (2 / 9, 4 / 16)]


def test_the_report_is_the_same_from_parts_as_from_the_whole() -> None:
    rows = [_instance(number, class_id=("car", "bus")[number % 2], split=("train", "val", "test")[number % 3]) for number in range(24)]
    spec = BalanceSpec(target=9, floor=0)
    instances, planned, cells = _planned(rows, spec)
    halves = [instances.slice(0, 12), instances.slice(12)]
    tallies = [tally(half, plan_instances(half, cells, spec, CropSpec()), spec) for half in halves]
    assert balance_table(tallies, cells).to_pylist() == balance_table([tally(instances, planned, spec)], cells).to_pylist()
