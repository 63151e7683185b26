"""Plans the crops of instances, once their cells are decided; every instance is planned or a reject.

Conservation counts *all* instances: rows in = distinct planned instances + rejects, where what is background, unapproved
or ignored under the taxonomy is a reject of that reason.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.balance.cells import Cell, replicas, strata
from jobs.balance.draws import id_words
from jobs.balance.eligibility import ELIGIBLE, Reasons, find_ineligible
from jobs.balance.windows import CENTRE_COLUMNS, Centres, Windows, centres, windows
from jobs.columns import Flags, Texts, Whole, texts, whole
from lake.configuration import BalanceSpec, CropSpec
from lake.contracts import PlannedCrop
from lake.digests import digest
from lake.reasons import Reason
from lake.rejects import reject_table
from lake.schemas import conform

_KEYS = ("instance_id", "domain", "customer", "class_id")
_OF_CROPS = (*_KEYS, "image_id", "split", "taxonomy", "box_width", "box_height")
_OF_REJECTS = (*_KEYS, "source", "source_ref", "class_path", "label", "box_width", "box_height")

PLAN_COLUMNS = tuple(sorted({*CENTRE_COLUMNS, *_OF_CROPS, *_OF_REJECTS, "disposition", "area"}))
"""What is read of an instance to plan it and to report on it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of some instances."""

    plan: pa.Table  # rows of `plan`, by instance and replica, in the order of the instances
    rejects: pa.Table  # rows of `rejects`, in the order of the instances
    crops: Whole  # (N,) planned crops of each instance
    reasons: Reasons  # (N,) why an instance is not planned, ELIGIBLE where it is
    eligible: Flags  # (N,) whether the instance was counted in its cell


def plan_instances(instances: pa.Table, cells: Mapping[str, Cell], balance: BalanceSpec, crops: CropSpec) -> Planned:
    """Plan the crops of instances; any part of the table can be planned on its own.

    Args:
        instances: Rows of `instances`, with at least PLAN_COLUMNS.
        cells: Every cell, decided over the whole table; see `jobs.balance.cells.cell_table`.
        balance: Quotas, as they were when the cells were decided.
        crops: Windows.
    """
    reasons = find_ineligible(instances, crops)
    eligible = reasons == ELIGIBLE
    counts = replicas(instances, eligible, cells, balance, seed=crops.seed)
    reasons[eligible & (counts == 0)] = Reason.OVER_QUOTA
    planned = np.flatnonzero(counts)
    around = centres(instances.select(CENTRE_COLUMNS).take(planned), crops)
    lost = (texts(instances, "split")[planned] == "train") & ~around.owned
    reasons[planned[lost]] = Reason.CENTRE_UNOWNABLE
    counts[planned[lost]] = 0
    kept = Centres(around.x[~lost], around.y[~lost], around.owned[~lost])
    plan = _plan(instances.select(_OF_CROPS).take(planned[~lost]), kept, counts[planned[~lost]], balance, crops)
    return Planned(plan, _rejects(instances, reasons, cells, balance, crops), counts, reasons, eligible)


def _plan(instances: pa.Table, around: Centres, counts: Whole, balance: BalanceSpec, spec: CropSpec) -> pa.Table:
    row = np.repeat(np.arange(len(instances)), counts)
    replica = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = instances.take(row)
    around = Centres(around.x[row], around.y[row], around.owned[row])
    ids = rows.column("instance_id").combine_chunks()
    cut = windows(id_words(ids, 0), replica, (whole(rows, "box_width"), whole(rows, "box_height")), around, spec)
    columns = {
        "crop_id": pa.array(_crop_ids(ids.to_pylist(), replica, cut, spec), pa.string()),
        "instance_id": ids,
        "image_id": rows.column("image_id"),
        "replica": pa.array(replica),
        "split": rows.column("split"),
        "stratum": strata(rows, balance),
        "window_left": pa.array(cut.left),
        "window_top": pa.array(cut.top),
        "window_width": pa.array(cut.width),
        "window_height": pa.array(cut.height),
        "owns_centre": pa.array(around.owned),
        "weight": pa.array(np.ones(row.size)),
        "taxonomy": rows.column("taxonomy"),
    }
    return conform(pa.table(columns), PlannedCrop)


def _crop_ids(ids: list[str], replica: Whole, cut: Windows, spec: CropSpec) -> list[str]:
    suffix = digest("crop", spec)
    parts = zip(ids, replica.tolist(), cut.left.tolist(), cut.top.tolist(), cut.width.tolist(), cut.height.tolist(), strict=True)
    return [hashlib.sha256(f"{i}/{r}/{x},{y},{w},{h}/{suffix}".encode()).hexdigest() for i, r, x, y, w, h in parts]


def _rejects(instances: pa.Table, reasons: Reasons, cells: Mapping[str, Cell], balance: BalanceSpec, spec: CropSpec) -> pa.Table:
    out = np.flatnonzero(reasons != ELIGIBLE)
    rows = instances.select(_OF_REJECTS).take(out)
    why: list[Reason] = reasons[out].tolist()
    return reject_table(
        "balance",
        keys=texts(rows, "instance_id").tolist(),
        sources=texts(rows, "source").tolist(),
        refs=texts(rows, "source_ref").tolist(),
        reasons=why,
        details=_details(rows, why, cells, strata(rows, balance).to_numpy(), spec),
    )


def _details(rows: pa.Table, why: list[Reason], cells: Mapping[str, Cell], stratum: Texts, spec: CropSpec) -> list[str]:
    """Say of each reject, beside its instance, what a reader needs to see that the reason holds."""
    paths, labels, ids = (texts(rows, name) for name in ("class_path", "label", "instance_id"))
    width, height = whole(rows, "box_width").tolist(), whole(rows, "box_height").tolist()
    details = []
    for at, reason in enumerate(why):
        if reason == Reason.OVER_QUOTA:
            cell = cells[stratum[at]]
            said = f"cell {stratum[at]}: {cell.quota:,} crops for {cell.instances:,} instances"
        elif reason == Reason.TOO_SMALL:
            said = f"box {width[at]} x {height[at]} px, min_side {spec.min_side}"
        elif reason == Reason.TOO_LARGE:
            said = f"box {width[at]} x {height[at]} px, max_side {spec.max_side}"
        elif reason == Reason.CENTRE_UNOWNABLE:
            said = "no window around it has a central pixel of its own"
        else:
            said = f"class {paths[at]}" if paths[at] else f"label {labels[at]!r}"
        details.append(f"{said}; instance {ids[at]}")
    return details
