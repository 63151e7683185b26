"""Rows of every table survive a table, a shard and back."""

import tempfile
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.contracts import PARTITIONS, TABLES
from lake.publishing.shards import ShardLocation, write_shard
from lake.schemas import arrow_schema, conform, table_of
from lake.storage.store import open_store

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): _TEXT,
    pa.binary(): st.binary(max_size=16),
    pa.bool_(): st.booleans(),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.timestamp("us", tz="UTC"): st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
}


def _row(table: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            column.name: st.just("part")
            if column.name in PARTITIONS.get(table, ())
            else (st.none() | _VALUES[column.type] if column.nullable else _VALUES[column.type])
            for column in arrow_schema(TABLES[table])
        }
    )


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_rows_survive_a_table_and_a_shard(table: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(_row(table), min_size=1, max_size=4))
    built = table_of(TABLES[table], rows)
    assert built.to_pylist() == rows
    assert conform(built, TABLES[table]) == built
    with tempfile.TemporaryDirectory() as folder:
        receipt = write_shard(ShardLocation(open_store(folder), table, "0" * 64), "one", [built], rows_per_group=3)
        assert receipt is not None
        assert receipt.rows == len(rows)
        assert pq.read_table(f"{folder}/{receipt.path}", partitioning=None).to_pylist() == rows
