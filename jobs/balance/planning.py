"""The work of the balance stage on one part of `instances`: its crops planned, written by whoever did it; and the cells before."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from jobs.balance.cells import Candidates, Cell, candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import PLAN_COLUMNS, plan_instances
from jobs.balance.report import tally
from jobs.file_slices import FileSlice, counted, read_slice, write_rejects
from lake.configuration import BalanceSpec, CropSpec
from lake.lake import Lake
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.storage.store import Store

CANDIDATE_COLUMNS = (
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


@dataclass(frozen=True, slots=True)
class PlannedSlice:
    """What a worker says of the slice that it planned."""

    rows_in: int
    rows_out: int
    plan: Receipt | None
    rejects: list[Receipt | None]
    rejected: Counter[str]
    tally: pa.Table


@dataclass(frozen=True, slots=True)
class PlanSlice:
    """Plans slices of `instances`; picklable, so that workers can."""

    store: Store
    plan: ShardLocation
    rejects: ShardLocation
    cells: Mapping[str, Cell]
    balance: BalanceSpec
    crops: CropSpec

    def __call__(self, piece: FileSlice) -> PlannedSlice:
        instances = read_slice(self.store, piece, PLAN_COLUMNS)
        planned = plan_instances(instances, self.cells, self.balance, self.crops)
        return PlannedSlice(
            rows_in=len(instances),
            rows_out=int((planned.crops > 0).sum()),
            plan=write_shard(self.plan, piece.shard, [planned.plan]),
            rejects=write_rejects(self.rejects, piece.shard, planned.rejects),
            rejected=counted(planned.rejects.column("reason")),
            tally=tally(instances, planned, self.balance),
        )


def decide_cells(lake: Lake, balance: BalanceSpec, crops: CropSpec) -> dict[str, Cell]:
    """Decide every cell of the balance over the whole table `instances`, in bounded memory."""

    def eligible_candidates() -> Iterator[Candidates]:
        for batch in lake.batches("instances", columns=CANDIDATE_COLUMNS, batch_rows=65_536):
            rows = pa.Table.from_batches([batch])
            yield candidates(rows, find_ineligible(rows, crops) == ELIGIBLE, balance, seed=crops.seed)

    return cell_table(eligible_candidates(), balance)
