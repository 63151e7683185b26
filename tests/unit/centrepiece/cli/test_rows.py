"""Rows of every type can be written in every form."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from centrepiece.cli.rows import WRITERS

ROWS = pa.table(
    {
        "number": [1, None],
        "share": [0.5, 1.0],
        "text": ['a "b", c', None],
        "flag": [True, False],
        "pixels": pa.array([b"\xff\x00", None], pa.binary()),
        "splits": [["train", "val"], None],
        "box": [{"x": 1}, {"x": 2}],
        "at": pa.array([datetime(2026, 1, 31, 4, tzinfo=UTC)] * 2),
        "sum": pa.array([Decimal("1.5"), None]),
    }
)


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_takes_every_type(form: str) -> None:
    sink = io.BytesIO()
    WRITERS[form](ROWS, sink)
    assert sink.getvalue()


def test_csv_holds_bytes_and_lists_as_json_does() -> None:
    sink, other = io.BytesIO(), io.BytesIO()
    WRITERS["csv"](ROWS, sink)
    WRITERS["json"](ROWS, other)
    first, second = csv.DictReader(io.StringIO(sink.getvalue().decode()))
    told = json.loads(other.getvalue())[0]
    assert first["pixels"] == told["pixels"] == "/wA="
    assert json.loads(first["splits"]) == told["splits"] and json.loads(first["box"]) == told["box"]
    assert (first["number"], first["text"], second["pixels"], second["splits"]) == ("1", 'a "b", c', "", "")
