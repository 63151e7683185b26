"""Great Expectations stops rows that break their table's expectations, names them, and never passes over nothing."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from imaging.masks.masks import encode
from jobs.quality.check import check_quality, here
from jobs.quality.check_columns import id_words, observed, repeated
from jobs.quality.expectations import COLUMNS, REFERENCE, SUITES, Validation
from jobs.quality.validation import validate
from lake.contracts import TABLES
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake, connect_lake
from lake.publishing.shards import write_shard
from lake.schemas import arrow_schema, empty_table, table_of

MASK = np.zeros((6, 8), bool)
MASK[1:6, 1:8] = True
MASK[3, 4] = False  # the centre of its box is not its own
EMPTY: dict[Any, Any] = {pa.string(): "x", pa.bool_(): False, pa.binary(): b"x"}
ROW: dict[str, Any] = {
    "image_id": "b" * 64,
    "instance_id": "c" * 64,
    "group_id": "g",
    "label": "dog",
    "class_id": "dog",
    "class_path": "thing/dog",
    "disposition": "kept",
    "split": "val",
    "scene": "full",
    "geometry": encode(MASK),
    "image_width": 8,
    "image_height": 6,
    "box_x": 1,
    "box_y": 1,
    "box_width": 7,
    "box_height": 5,
    "area": 34,
    "components": 1,
    "holes": 1,
    "owns_centre": False,
    # A window that overhangs the image above, below and on the right; its central pixel is the box's.
    "window_left": 0,
    "window_top": -1,
    "window_width": 9,
    "window_height": 9,
    "mask": encode(MASK).encode(),
    "size": "small",
    "weight": 1.0,
    "thinness": 0.5,
    "orientation": 1,
}


def rows(table: str, *changes: dict[str, Any]) -> pa.Table:
    """Make sound rows of a table, each with its own id, and change them."""
    record, identity = TABLES[table], COLUMNS[table][0]
    filled = {column.name: None if column.nullable else EMPTY.get(column.type, 0) for column in arrow_schema(record)}
    known = {name: value for name, value in ROW.items() if name in {field.name for field in fields(record)}}
    return table_of(
        record,
        [
            {**filled, **known, identity: f"{number:016x}" + "0" * 48, "source_ref": f":{number}", **change}
            for number, change in enumerate(changes)
        ],
    )


def checked(table: str, found: pa.Table) -> Validation:
    read = found.select(list(COLUMNS[table]))
    return validate(table, observed(table, read, repeated([id_words(read.column(0))])), lambda columns: found.select(list(columns)))


@pytest.mark.parametrize("table", sorted(SUITES))
def test_sound_rows_pass_and_the_page_shows_them(table: str) -> None:
    found = checked(table, rows(table, {}, {}))
    assert (found.rows, found.failed) == (2, ())
    assert found.expectations == len(SUITES[table])
    assert "<html" in found.page


SHARED: list[tuple[dict[str, Any], set[str]]] = [
    ({"scene": "half"}, {"scene_unknown"}),
    ({"image_id": "xyz"}, {"image_id_malformed"}),
]
OF_MASKS: list[tuple[dict[str, Any], set[str]]] = [
    ({"area": 0}, {"area", "area_beyond_mask"}),
    ({"area": 33}, {"area_beyond_mask"}),
    ({"geometry": "0`1"}, {"area_beyond_mask", "centre_told_wrongly"}),
    ({"geometry": "~"}, {"area_beyond_mask"}),
    ({"owns_centre": True}, {"centre_told_wrongly"}),
    ({"box_width": 8}, {"right_of_box", "centre_told_wrongly"}),
    ({"box_height": 7}, {"below_box", "centre_told_wrongly"}),
    ({"instance_id": "0" * 64}, {"id_of_several_rows"}),
]
FAULTS: dict[str, list[tuple[dict[str, Any], set[str]]]] = {
    "annotations": [*SHARED, *OF_MASKS, ({"label": " "}, {"label_malformed"})],
    "instances": [
        *(*SHARED, *OF_MASKS, ({"class_id": ""}, {"kept_without_class"})),
        *(({"split": "dev"}, {"split_unknown"}), ({"disposition": "lost"}, {"disposition_unknown"})),
    ],
    "crops": [
        *(*SHARED, ({"box_width": 8}, {"right_of_box"}), ({"split": "train"}, {"train_with_strange_centre"})),
        ({"split": "train", "owns_centre": True}, {"train_with_strange_centre", "centre_told_wrongly"}),
        *(({"area": 33}, {"area_less_mask"}), ({"mask": b"~"}, {"mask_area"}), ({"window_left": 8}, {"visible_width"})),
        *(({"weight": -1.0}, {"weight"}), ({"size": "huge"}, {"size_unknown"}), ({"crop_id": "0" * 64}, {"id_of_several_rows"})),
    ],
}


@pytest.mark.parametrize("table", sorted(SUITES))
def test_planted_faults_are_named_with_their_expectation_column_and_row(table: str) -> None:
    faults = FAULTS[table]
    expected = {"id_of_several_rows": {":0"}}  # the first row has the id that another takes
    for place, (_, columns) in enumerate(faults, start=1):
        for column in columns:
            expected.setdefault(column, set()).add(f":{place}")
    found = {}
    for message in checked(table, rows(table, {}, *(change for change, _ in faults))).failed:
        named = re.match(r"expect_column_values_\w+ of column (\w+).*: (\d+) of (\d+) rows", message)
        assert named is not None
        found[named[1]] = set(re.findall(r"source_ref '(:\d+)'", message))
        assert (int(named[2]), int(named[3])) == (len(found[named[1]]), len(faults) + 1)
    assert found == expected


@pytest.mark.parametrize("table", sorted(SUITES))
def test_null_keys_fail(table: str) -> None:
    found = rows(table, {}, {}, {})
    for name, place in ((COLUMNS[table][0], 0), ("image_id", 1)):
        values = [None if row == place else f"{row:016x}" + "0" * 48 for row in range(3)]
        found = found.set_column(found.column_names.index(name), name, pa.array(values, pa.string()))
    failed = checked(table, found).failed
    assert [message.partition(" (")[0] for message in failed] == [
        f"expect_column_values_to_be_between of column {name}_missing, min_value 0.0, max_value 0.0: 1 of 3 rows"
        for name in (COLUMNS[table][0], "image_id")
    ]


def test_failing_rows_are_capped_and_named_with_the_text_that_fails() -> None:
    (message,) = checked("annotations", rows("annotations", *[{"label": " "}] * 50)).failed
    assert "50 of 50 rows" in message
    assert "source_ref ':0', label ' '" in message
    assert message.count("source_ref") == 5


def test_an_id_of_another_batch_stops_the_publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.quality.check.ROWS_AT_ONCE", 2)
    lake = connect_lake(str(tmp_path))
    place = lake.location("instances", "a" * 64)
    batches = []

    def run(pieces: Any, work: Any, /) -> list[Any]:
        batches.append(len(pieces))
        return here(pieces, work)

    receipts = [write_shard(place, f"shard-{number}", [rows("instances", {}, {"instance_id": f"{number:064x}"})]) for number in (2, 3)]
    with pytest.raises(ExpectationError, match=r"column id_of_several_rows.*source_ref ':0'"):
        check_quality(lake, "instances", "a" * 64, receipts, run=run)
    assert batches == [2, 2]  # the ids, then the rows


@pytest.mark.parametrize("table", sorted(SUITES))
def test_a_suite_over_no_rows_fails(table: str) -> None:
    with pytest.raises(EmptyCheckError, match="over no rows"):
        checked(table, empty_table(TABLES[table]))


@pytest.mark.parametrize("table", sorted(SUITES))
def test_every_suite_reads_columns_that_its_table_has(table: str) -> None:
    assert {*COLUMNS[table], REFERENCE} <= set(arrow_schema(TABLES[table]).names)


def place_of(lake: Lake, table: str) -> Any:
    return lake.location(table, "a" * 64, {"source": "s"} if table == "annotations" else {})


@pytest.mark.parametrize("table", sorted(SUITES))
def test_a_failing_expectation_stops_the_publication_and_leaves_its_page(tmp_path: Path, table: str) -> None:
    lake = connect_lake(str(tmp_path))
    place, shared = place_of(lake, table), {"source": "s"} if table == "annotations" else {}
    good = write_shard(place, "shard-0", [rows(table, shared)])
    bad = write_shard(place, "shard-1", [rows(table, shared, {**shared, "area": 33})])
    assert check_quality(lake, table, "a" * 64, [good, None])["rows"] == 1
    with pytest.raises(
        ExpectationError, match=rf"table '{table}'.*area.*{table[:-1] if table == 'crops' else 'instance'}_id.*nothing was published"
    ):
        check_quality(lake, table, "a" * 64, [bad])
    assert lake.store.list("reports/expectations") == (f"reports/expectations/{table}/aaaaaaaaaaaaaaaa-000.html",)


def test_a_table_without_a_row_is_not_assured_unless_it_may_be_empty(tmp_path: Path) -> None:
    lake = connect_lake(str(tmp_path))
    with pytest.raises(EmptyCheckError, match="'crops' was to be published without a row"):
        check_quality(lake, "crops", "a" * 64, [None])
    assert check_quality(lake, "annotations", "a" * 64, [None], may_be_empty=True) == {"rows": 0, "expectations": 0, "pages": []}


def test_expectations_leave_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        checked("annotations", rows("annotations", {}))
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
