"""The balance report: instances and crops before and after, by domain, customer, class and split."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.balance.cells import Cell, strata
from jobs.balance.plan import Planned
from jobs.columns import Texts, Whole, texts, whole
from lake.configuration import BalanceSpec
from lake.contracts import BalanceCell
from lake.dispositions import KEPT
from lake.schemas import conform

_KEYS = ("domain", "customer", "class_id", "class_path", "split")
_COUNTS = ("before", "planned", "after", "eligible")


def tally(instances: pa.Table, planned: Planned, balance: BalanceSpec) -> pa.Table:
    """Count the kept instances of some rows by domain, customer, class and split.

    Args:
        instances: Rows of `instances`.
        planned: What becomes of these rows.
        balance: Names the cells.

    Returns:
        The keys, the cell of the quotas (`stratum`), and how many instances were kept (`before`), are `planned`, give
        crops (`after`), and were `eligible` for the draw.
    """
    kept = texts(instances, "disposition") == KEPT
    columns = {name: instances.column(name) for name in _KEYS}
    columns |= {
        "stratum": strata(instances, balance),
        "before": pa.array(kept.astype(np.int64)),
        "planned": pa.array((planned.crops > 0).astype(np.int64)),
        "after": pa.array(planned.crops),
        "eligible": pa.array(planned.eligible.astype(np.int64)),
    }
    return _summed(pa.table(columns).filter(pa.array(kept)))


def balance_table(tallies: Iterable[pa.Table], cells: Mapping[str, Cell]) -> pa.Table:
    """Build the balance report.

    Args:
        tallies: Of all parts of the instances.
        cells: Every cell of the quotas.

    Returns:
        Rows of `balance`, sorted by domain, customer, class path and split. Where several rows share a cell of the quotas,
        the cell's quota is divided among them by their eligible instances.
    """
    summed = _summed(pa.concat_tables(tallies))
    before, after = whole(summed, "before"), whole(summed, "after")
    split, stratum = texts(summed, "split"), texts(summed, "stratum")
    quota = [cells[name].quota / cells[name].instances if name in cells else 0.0 for name in stratum]
    columns = {name: summed.column(name) for name in (*_KEYS, *_COUNTS[:3])}
    columns |= {
        "rejected": pc.subtract(summed.column("before"), summed.column("planned")),
        "share_before": pa.array(_share_of_split(before, split)),
        "share_after": pa.array(_share_of_split(after, split)),
        "target": pa.array(np.where(split == "train", np.array(quota) * whole(summed, "eligible"), before).astype(np.float64)),
    }
    rows = conform(pa.table(columns), BalanceCell)
    return rows.sort_by([(name, "ascending") for name in ("domain", "customer", "class_path", "split")])


def _summed(rows: pa.Table) -> pa.Table:
    summed = rows.group_by([*_KEYS, "stratum"], use_threads=False).aggregate([(name, "sum") for name in _COUNTS])
    return summed.rename_columns([name.removesuffix("_sum") for name in summed.column_names])


def _share_of_split(counts: Whole, split: Texts) -> npt.NDArray[np.float64]:
    shares = np.zeros(counts.size)
    for name in set(split.tolist()):
        members = split == name
        total = counts[members].sum()
        shares[members] = counts[members] / total if total else 0.0
    return shares
