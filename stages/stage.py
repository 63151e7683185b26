"""What a stage is: a name, the version of its code, what it reads and writes, its settings, and one function that computes.

Whatever is the same for all stages (opening the lake, the stage key, skipping, leases, timing, quality, conservation,
publishing) is done by `stages.runner`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pyarrow as pa

from jobs.workers import Workers
from lake.configuration import Pipeline
from lake.digests import StageKey
from lake.errors import CentrepieceError
from lake.frozen import evaluated_lake
from lake.lake import Lake, open_lake
from lake.outages import system_errors
from lake.publishing.publish import skipped_report
from lake.publishing.records import PublicationRecord, Target
from lake.publishing.redoing import discard
from lake.publishing.shards import Receipt, ShardLocation
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport

_Part = TypeVar("_Part")
"""What tells the publications of one stage apart: a source, a model's name; None where there is only one."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a stage."""

    pipeline: Pipeline
    lake: Lake  # the tables that the stage reads stand still
    workers: Workers
    arguments: Mapping[str, Any]  # by the names in `Stage.arguments`; None where one was not given
    redo: bool = False  # whether what stands and is damaged is made again


@dataclass(frozen=True, slots=True)
class Publication:
    """What one part of a stage is about to publish: its key, and where its shards go, by table."""

    key: StageKey
    locations: Mapping[str, ShardLocation]
    damaged: StageReport | None = None  # of the same publication, which stands and is made again


@dataclass(frozen=True, slots=True)
class Computed:
    """What a stage computed: its counts, the receipts of its shards by table, and JSON values for its report."""

    rows_in: int
    rows_out: int
    receipts: Mapping[str, Sequence[Receipt | None]] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def one_part(_run: Run) -> tuple[Any, ...]:
    """Publish everything at once."""
    return (None,)


def do_nothing(_run: Run, _report: StageReport) -> None:
    """Leave things as they are."""


def open_present(pipeline: Pipeline, reads: Sequence[str], as_of: AsOf) -> Lake:
    """Open a pipeline's lake with the tables that a stage reads pinned: to their present state, or `as_of`."""
    lake = open_lake(pipeline)
    return lake.pinned(as_of, tables=reads) if reads else lake


def open_evaluated(pipeline: Pipeline, _reads: Sequence[str], as_of: AsOf) -> Lake:
    """Open a pipeline's lake with `crops` pinned to those that models are evaluated on, see `lake.frozen.evaluated_lake`."""
    return evaluated_lake(pipeline, as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Generic[_Part]):
    """One stage of the pipeline."""

    name: str
    version: int  # of its code: raised when equal inputs and settings give other rows
    reads: tuple[str, ...]  # tables
    targets: Sequence[Target] | Callable[[Run, _Part], Sequence[Target]]  # tables that it writes, and the part of each; the main one last
    spec: Callable[[Run, _Part], Any]  # the settings that its result depends on
    compute: Callable[[Run, _Part, Publication], Computed]
    arguments: tuple[str, ...] = ("as_of",)
    parts: Callable[[Run], Iterable[_Part]] = one_part  # each is keyed, skipped and published by itself
    inputs: Callable[[Run, _Part], Mapping[str, str]] | None = None  # content digests by name; None: of the tables it reads
    open: Callable[[Pipeline, Sequence[str], Any], Lake] = open_present
    committed: Callable[[Run, _Part, StageKey], StageReport | None] | None = None  # None: if its targets hold this key
    checks: str | None = None  # a table that it writes, whose rows are checked before they are published
    may_be_empty: bool = False  # whether there may be no row to check
    defers: tuple[type[CentrepieceError], ...] = ()  # errors of one part that are raised when the other parts are done
    appends: bool = False  # whether its shards are added to the tables, where others replace
    restore: Callable[[Run, PublicationRecord], pa.Table] | None = (
        None  # of one that appends to one table: a publication's rows, made again
    )
    finish: Callable[[Run, StageReport], None] = do_nothing  # done when a part is published, or was before
    join: Callable[[Sequence[StageReport]], StageReport] | None = None  # None: the first part's report, skipped if all are

    def publication(self, run: Run, part: _Part, key: StageKey) -> Publication:
        """Take the leases of a part's targets; return where its shards go."""
        return Publication(key, {table: run.lake.location(table, key, of_table) for table, of_table in self.targets_of(run, part)})

    def computed(self, run: Run, part: _Part, publication: Publication) -> Computed:
        """Compute a part; where that fails, its leases are released.

        Raises:
            Exception: What `compute` raised.
        """
        try:
            return self.compute(run, part, publication)
        except Exception:
            with suppress(*system_errors()):  # what cannot be given back runs out
                discard(run.lake, publication.locations.values(), ())
            raise

    def targets_of(self, run: Run, part: _Part) -> Sequence[Target]:
        """Return the tables, and the part of each, that a part of the stage writes."""
        return self.targets(run, part) if callable(self.targets) else self.targets

    def key_inputs(self, run: Run, part: _Part) -> Mapping[str, str]:
        """Return the content digests of what a part is computed from."""
        if self.inputs is not None:
            return self.inputs(run, part)
        return {table: run.lake.snapshot(table).content for table in self.reads}

    def committed_report(self, run: Run, part: _Part, key: StageKey) -> StageReport | None:
        """Return the report of the same publication, marked as skipped, if it stands already."""
        if self.committed is not None:
            return self.committed(run, part, key)
        return skipped_report(run.lake, stage=self.name, key=key, targets=self.targets_of(run, part))
