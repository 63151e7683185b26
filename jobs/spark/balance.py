"""The table `instances` in, the tables `plan`, `balance` and `rejects` out; see `jobs.balance.plan`."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from jobs.balance.cells import Candidates, Cell, candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import COLUMNS, STAGE, plan_instances
from jobs.balance.report import balance_table, tally
from jobs.file_slices import FileSlice, counted, read_slice, slices_of, summed, write_rejects
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import BalanceSpec, CropSpec, Pipeline
from lake.digests import stage_key
from lake.errors import EmptyCheckError
from lake.lake import Lake, open_lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from lake.storage.store import Store

ENTRY_COLUMNS = (
    "instance_id",
    "domain",
    "customer",
    "class_id",
    "disposition",
    "split",
    "box_width",
    "box_height",
    "area",
    "owns_centre",
)
"""What the quotas read of an instance; its geometry stays where it is."""

_REJECTS = {"stage": STAGE}
_TARGETS: tuple[tuple[str, Mapping[str, str]], ...] = (("rejects", _REJECTS), ("balance", {}), ("plan", {}))


@dataclass(frozen=True, slots=True)
class _UnitReport:
    """What a worker says of the unit that it planned."""

    rows_in: int
    rows_out: int
    plan: Receipt | None
    rejects: list[Receipt | None]
    rejected: Counter[str]
    tally: pa.Table


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans units of `instances` on a worker."""

    store: Store
    plan: ShardLocation
    rejects: ShardLocation
    cells: Mapping[str, Cell]
    balance: BalanceSpec
    crops: CropSpec

    def __call__(self, unit: FileSlice) -> _UnitReport:
        instances = read_slice(self.store, unit, COLUMNS)
        planned = plan_instances(instances, self.cells, self.balance, self.crops)
        return _UnitReport(
            rows_in=len(instances),
            rows_out=int((planned.crops > 0).sum()),
            plan=write_shard(self.plan, unit.shard, [planned.plan]),
            rejects=write_rejects(self.rejects, unit.shard, planned.rejects),
            rejected=counted(planned.rejects.column("reason")),
            tally=tally(instances, planned, self.balance),
        )


def balance(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Plan the crops of a balanced training split and of the unsampled val and test; publishes `plan` and `balance`.

    Args:
        pipeline: The pipeline.
        as_of: Of what it reads; see `lake.publishing.snapshots.AsOf`. What it publishes is published now.

    Raises:
        MissingTableError: Nothing has been labelled.
        EmptyCheckError: No instance at all could be planned.
    """
    started = time.monotonic()
    lake = open_lake(pipeline).pinned(as_of, tables=("instances",))
    spec = {"balance": pipeline.balance, "crops": pipeline.crops}
    key = stage_key(STAGE, inputs={"instances": lake.snapshot("instances").content}, spec=spec)
    if (done := skipped_report(lake, stage=STAGE, key=key, targets=_TARGETS)) is not None:
        return done
    plan_place, rejects_place, report_place = (
        lake.location("plan", key),
        lake.location("rejects", key, _REJECTS),
        lake.location("balance", key),
    )
    cells = _cells(lake, pipeline)
    work = _Planner(lake.store, plan_place, rejects_place, cells, pipeline.balance, pipeline.crops)
    reports = run_tasks(spark_session(pipeline), slices_of(lake.store, lake.files("instances")), work)
    rejected = summed(report.rejected for report in reports)
    plan = [report.plan for report in reports if report.plan]
    if not plan:
        raise EmptyCheckError(f"no instance can be planned: {rejected}; approve classes in the taxonomy, or widen `crops`")
    cell_report = balance_table((report.tally for report in reports), cells)
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=sum(report.rows_in for report in reports),
        rows_out=sum(report.rows_out for report in reports),
        rejected=rejected,
        outputs=[
            Output("rejects", _REJECTS, [receipt for report in reports for receipt in report.rejects]),
            Output("balance", {}, [write_shard(report_place, shard_name(0, 1), [cell_report])]),
            Output("plan", {}, plan),
        ],
        seconds=time.monotonic() - started,
        details={"crops": sum(receipt.rows for receipt in plan), "cells": len(cells)},
    )


def _cells(lake: Lake, pipeline: Pipeline) -> dict[str, Cell]:
    def entered() -> Iterator[Candidates]:
        for batch in lake.batches("instances", columns=ENTRY_COLUMNS, batch_rows=65_536):
            rows = pa.Table.from_batches([batch])
            eligible = find_ineligible(rows, pipeline.crops) == ELIGIBLE
            yield candidates(rows, eligible, pipeline.balance, seed=pipeline.crops.seed)

    return cell_table(entered(), pipeline.balance)
