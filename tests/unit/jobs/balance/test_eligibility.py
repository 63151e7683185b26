"""Which instances `jobs.balance.eligibility` lets pass."""

from typing import Any

import pyarrow as pa
import pytest

from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from lake.configuration import CropSpec
from lake.reasons import Reason

ROW: dict[str, Any] = {"disposition": "kept", "split": "train", "box_width": 40, "box_height": 40, "area": 900, "owns_centre": True}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ELIGIBLE),
        ({"disposition": "background"}, Reason.BACKGROUND),
        ({"disposition": "unapproved", "box_width": 2, "box_height": 2}, Reason.UNAPPROVED),
        ({"disposition": "ignored"}, Reason.IGNORED),
        ({"box_width": 15, "box_height": 15}, Reason.TOO_SMALL),
        ({"box_width": 1, "box_height": 16}, ELIGIBLE),
        ({"box_width": 1025}, Reason.TOO_LARGE),
        ({"box_height": 1024}, ELIGIBLE),
        ({"area": 0}, Reason.CENTRE_UNOWNABLE),
        ({"owns_centre": False}, ELIGIBLE),
    ],
)
def test_each_instance_has_its_reason(change: dict[str, Any], reason: str) -> None:
    assert find_ineligible(pa.Table.from_pylist([ROW | change]), CropSpec()).tolist() == [reason]


def test_without_shifting_a_training_instance_needs_its_own_centre() -> None:
    rows = pa.Table.from_pylist([ROW | {"owns_centre": False, "split": split} for split in ("train", "val", "test")])
    assert find_ineligible(rows, CropSpec(centre="keep")).tolist() == [Reason.CENTRE_UNOWNABLE, ELIGIBLE, ELIGIBLE]
