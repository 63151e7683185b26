"""Balance: which instances are cropped, how often and around which windows, in `plan`; and what that makes of the balance."""

from lake.errors import EmptyCheckError
from lake.publishing.shards import shard_name, write_shard
from stages.stage import Computed, Publication, Run, Stage


def _compute(run: Run, _part: None, publication: Publication) -> Computed:
    """Plan a balanced training split, and val and test as they are.

    Raises:
        EmptyCheckError: No instance at all could be planned.
    """
    from jobs.balance.planning import PlanSlice, decide_cells
    from jobs.balance.report import balance_table
    from jobs.file_slices import slices_of, summed

    lake, locations, balance, crops = run.lake, publication.locations, run.pipeline.balance, run.pipeline.crops
    cells = decide_cells(lake, balance, crops)
    work = PlanSlice(lake.store, locations["plan"], locations["rejects"], cells, balance, crops)
    planned = run.workers.map(slices_of(lake.store, lake.files("instances")), work)
    rejected = summed(piece.rejected for piece in planned)
    plan = [piece.plan for piece in planned if piece.plan]
    if not plan:
        raise EmptyCheckError(f"no instance can be planned: {rejected}; approve classes in the taxonomy, or widen `crops`")
    report = balance_table((piece.tally for piece in planned), cells)
    return Computed(
        rows_in=sum(piece.rows_in for piece in planned),
        rows_out=sum(piece.rows_out for piece in planned),
        rejected=rejected,
        receipts={
            "rejects": [receipt for piece in planned for receipt in piece.rejects],
            "balance": [write_shard(locations["balance"], shard_name(0, 1), [report])],
            "plan": plan,
        },
        details={"crops": sum(receipt.rows for receipt in plan), "cells": len(cells)},
    )


BALANCE = Stage(
    name="balance",
    version=1,
    reads=("instances",),
    targets=(("rejects", {"stage": "balance"}), ("balance", {}), ("plan", {})),
    spec=lambda run, _part: {"balance": run.pipeline.balance, "crops": run.pipeline.crops},
    compute=_compute,
)
