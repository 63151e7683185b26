"""Great Expectations stops rows that break their table's expectations, and never passes over nothing."""

from typing import Any

import pyarrow as pa
import pytest

from jobs.assurance import assure
from jobs.expectations import COLUMNS, SUITES
from jobs.validation import validate
from lake.contracts import TABLES, Annotation
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import connect
from lake.schemas import arrow_schema, empty_table, table_of
from lake.shards import write_shard

ROW: dict[str, Any] = {
    "image_id": "b" * 64,
    "source": "s",
    "source_ref": ":1",
    "customer": "c",
    "domain": "d",
    "label": "dog",
    "geometry": "0`1",
    "image_width": 8,
    "image_height": 6,
    "box_x": 1,
    "box_y": 1,
    "box_width": 7,
    "box_height": 5,
    "area": 35,
    "is_crowd": False,
    "is_void": False,
    "components": 1,
    "holes": 0,
    "owns_centre": True,
    "scene": "full",
    "annotator": None,
    "annotated_at": None,
}


def rows(*changes: dict[str, Any]) -> pa.Table:
    return table_of(Annotation, [{**ROW, "instance_id": f"{number:064x}", **change} for number, change in enumerate(changes)])


def test_sound_rows_pass_and_the_page_shows_them() -> None:
    found = validate("annotations", rows({}, {}))
    assert (found.rows, found.failed) == (2, ())
    assert found.expectations == len(SUITES["annotations"])
    assert "<html" in found.page


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"area": 0}, "area"),
        ({"box_width": 8}, "right_of_box"),
        ({"box_height": 6}, "below_box"),
        ({"area": 36}, "box_less_area"),
        ({"label": " "}, "label"),
        ({"scene": "half"}, "scene"),
        ({"image_id": "xyz"}, "image_id"),
        ({"instance_id": f"{0:064x}"}, "instance_id"),
    ],
)
def test_a_row_that_breaks_one_expectation_is_named(change: dict[str, Any], column: str) -> None:
    failed = validate("annotations", rows({}, change)).failed
    assert len(failed) == 1
    assert f"of {column}:" in failed[0]


def test_a_suite_over_no_rows_fails() -> None:
    with pytest.raises(EmptyCheckError, match="over no rows"):
        validate("annotations", empty_table(Annotation))


@pytest.mark.parametrize("table", sorted(SUITES))
def test_every_suite_reads_columns_that_its_table_has(table: str) -> None:
    assert set(COLUMNS[table]) <= set(arrow_schema(TABLES[table]).names)


def test_a_failing_expectation_stops_the_publication_and_leaves_its_page(tmp_path: Any) -> None:
    lake = connect(str(tmp_path))
    place = lake.place("annotations", "a" * 64, {"source": "s"})
    good, bad = write_shard(place, "shard-0", [rows({})]), write_shard(place, "shard-1", [rows({"area": 99})])
    assert assure(lake, "annotations", "a" * 64, [good, None])["rows"] == 1
    with pytest.raises(ExpectationError, match="box_less_area"):
        assure(lake, "annotations", "a" * 64, [good, bad])
    assert lake.store.list("reports/expectations") == ("reports/expectations/annotations/aaaaaaaaaaaaaaaa-000.html",)
