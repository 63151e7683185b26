"""What `centrepiece.connect` and `centrepiece.open_pipeline` return: the tables to read, and the stages to run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.lake import BATCH_ROWS, Lake
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from lake.sql.filters import Where
from lake.sql.query import run_sql


@dataclass(frozen=True, slots=True)
class Connection:
    """The tables of a store, for reading.

    Wherever `as_of` is given, the tables are read as they were: by a snapshot id or a tag of any of them, or by a time
    (a `datetime`, or ISO 8601 such as `2026-01-31T06:00Z`; UTC unless it says otherwise). None is now.
    """

    lake: Lake = field(repr=False)

    def tables(self) -> list[str]:
        """Return the names of the tables that have been published."""
        return [name for name in TABLES if self.lake.has(name)]

    def sql(self, query: str, as_of: AsOf = None) -> pa.Table:
        """Run a query in DuckDB's SQL; it sees every table under its name and nothing else.

        Args:
            query: One or more statements; the last one's rows are returned.
            as_of: See `Connection`.

        Raises:
            InputError: The query is wrong, or `as_of` names nothing.
        """
        return run_sql(self.lake, query, as_of=as_of)

    def read(self, table: str, columns: Sequence[str] | None = None, where: Where = None, as_of: AsOf = None) -> pa.Table:
        """Return rows of a table; see `batches` for what does not fit in memory.

        Args:
            table: Its name.
            columns: These, in this order; all by default.
            where: Column to a value, or to a list of values; or a pyarrow expression.
            as_of: See `Connection`.

        Raises:
            MissingTableError: The table had not been published by then.
            ContractError: There is no such table, or it has no such column.
        """
        return self.lake.read(table, columns=columns, where=where, as_of=self._snapshot(table, as_of))

    def batches(
        self, table: str, columns: Sequence[str] | None = None, where: Where = None, as_of: AsOf = None, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Stream rows of a table in bounded memory, always in the same order.

        Args:
            table: Its name.
            columns: These, in this order; all by default.
            where: Column to a value, or to a list of values; or a pyarrow expression.
            as_of: See `Connection`.
            batch_rows: Rows in a batch, at most.

        Raises:
            MissingTableError: The table had not been published by then.
            ContractError: There is no such table, or it has no such column.
        """
        yield from self.lake.batches(table, columns=columns, where=where, as_of=self._snapshot(table, as_of), batch_rows=batch_rows)

    def _snapshot(self, table: str, as_of: AsOf) -> AsOf:
        # An id or a tag may be another table's: it means the state that all tables were in then.
        return None if as_of is None else self.lake.pinned(as_of).snapshot(table).snapshot_id


@dataclass(frozen=True, slots=True)
class PipelineConnection(Connection):
    """The tables of a pipeline, for reading, and its stages."""

    pipeline: Pipeline

    def run(self, stage: str, **arguments: Any) -> StageReport:
        """Run one stage, as the command of the same name does.

        Args:
            stage: ingest, label, balance, crop, fit, export, predict, score, judge, promote or report.
            arguments: What the stage takes, e.g. `as_of`, or the digest of a `model`.

        Raises:
            MissingPackageError: An extra that the stage needs is not installed.
            CentrepieceError: The stage refused its input.
        """
        from stages.runner import run_stage

        return run_stage(stage, self.pipeline, **arguments)
