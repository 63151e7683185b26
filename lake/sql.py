"""A lake and a query in, the query's rows out; every table stands under its name and nothing else can be read."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from lake.contracts import TABLES
from lake.errors import InputError, MissingTableError
from lake.lake import Lake
from lake.schemas import empty_table
from lake.snapshots import AsOf, tags

_CLOSED: Mapping[str, str] = MappingProxyType(
    {
        "enable_external_access": "false",  # no files, no network, no extensions
        "python_enable_replacements": "false",  # no variables of this process
        "TimeZone": "'UTC'",
        "lock_configuration": "true",
    }
)


def run_sql(lake: Lake, query: str, *, as_of: AsOf = None) -> pa.Table:
    """Run a DuckDB query over the tables; their files are scanned as the query needs them, never loaded whole.

    A table that has not been published is empty. With `as_of`, every table is as it was then; for a snapshot id or a
    tag, which belong to one table, the others are as they were when that snapshot was committed.

    Args:
        lake: Whose tables.
        query: One or more statements in DuckDB's SQL; the last one's rows are returned.
        as_of: See `lake.snapshots.AsOf`.

    Raises:
        InputError: The query is wrong, reaches for something other than the tables, or `as_of` names nothing.
    """
    moment = _moment(lake, as_of)
    with duckdb.connect(":memory:") as connection:
        for table, record in TABLES.items():
            connection.register(table, _rows(lake, table, record, moment))
        for setting, value in _CLOSED.items():
            connection.execute(f"SET {setting} = {value}")
        try:
            relation = connection.sql(query)
            return pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            raise InputError(f"the query cannot be run: {error}; the tables are {', '.join(TABLES)}") from None


def _rows(lake: Lake, table: str, record: type, moment: datetime | None) -> ds.Dataset:
    try:
        return lake.dataset(table, as_of=moment)
    except MissingTableError:
        return ds.dataset(empty_table(record))


def _moment(lake: Lake, as_of: AsOf) -> datetime | None:
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    for table in TABLES:
        if not lake.has(table):
            continue
        loaded = lake.table(table)
        known = {str(snapshot.snapshot_id) for snapshot in loaded.metadata.snapshots}
        if str(as_of) in known or as_of in tags(loaded):
            return lake.snapshot(table, as_of).committed_at
    try:
        return datetime.fromisoformat(str(as_of))
    except ValueError:
        raise InputError(f"as of {as_of!r}: expected a snapshot id or a tag of a table, or a time such as 2026-01-31T04:00") from None
