"""Run SQL over the tables with DuckDB: every table stands under its name, and nothing else can be read."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from lake.contracts import TABLES
from lake.errors import InputError
from lake.lake import Lake
from lake.publishing.reading import raise_damage
from lake.publishing.snapshots import AsOf
from lake.schemas import empty_table

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
        as_of: See `lake.publishing.snapshots.AsOf`.

    Raises:
        InputError: The query is wrong, reaches for something other than the tables, or `as_of` names nothing.
    """
    named = [table for table in TABLES if table in query.lower()] or list(TABLES)  # `SHOW TABLES` and its like name none
    still = lake.pinned(as_of, tables=named if as_of is None else TABLES)  # a state is one of all tables
    with duckdb.connect(":memory:") as connection:
        for table in named:
            if table in still.pins.expired:
                continue
            record = TABLES[table]
            connection.register(table, still.dataset(table) if still.has(table) else ds.dataset(empty_table(record)))
        for setting, value in _CLOSED.items():
            connection.execute(f"SET {setting} = {value}")
        try:
            relation = connection.sql(query)
            return pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            if "IOError" in str(error) or "Invalid" in str(error):  # Arrow's, of a file that it scanned
                raise_damage(lake.store, _scanned(still, named), error)
            raise InputError("; ".join([f"the query cannot be run: {error}", _tables(still)])) from None


def _scanned(lake: Lake, tables: Iterable[str]) -> Iterator[str]:
    for table in tables:
        if lake.has(table):
            yield from (file.path for file in lake.files(table))


def _tables(lake: Lake) -> str:
    readable = ", ".join(name for name in TABLES if name not in lake.pins.expired)
    return "; ".join([f"the tables are {readable}", *lake.pins.expired.values()])
