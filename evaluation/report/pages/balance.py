"""The section on what the data holds before and after balancing."""

from collections.abc import Sequence

import pyarrow as pa
from markupsafe import Markup

from evaluation.report.rendering import render

_MOST_BARS = 40
_MOST_CELLS = 2000


def balance_section(balance: pa.Table, notes: Sequence[str] = ()) -> Markup:
    """Return bars by domain and by class of the training split, and the whole table.

    Args:
        balance: All rows of `balance`.
        notes: What the stages say of what they left out.
    """
    rows = balance.to_pylist()
    train = [row for row in rows if row["split"] == "train"]
    charts = [("by domain", _shares(train, ("domain",))), ("by class", _shares(train, ("domain", "class_id")))]
    largest = sorted(rows, key=lambda row: -int(row["before"]))[:_MOST_CELLS]
    ordered = sorted(largest, key=lambda row: (str(row["split"]), str(row["domain"]), str(row["customer"]), str(row["class_path"])))
    return render("balance", charts=charts, most_bars=_MOST_BARS, notes=notes, rows=ordered, cells_in_all=len(rows))


def _shares(rows: list[dict[str, object]], columns: tuple[str, ...]) -> list[tuple[str, float, float]]:
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for row in rows:
        cell = " / ".join(str(row[column]) for column in columns)
        before[cell] = before.get(cell, 0) + int(str(row["before"]))
        after[cell] = after.get(cell, 0) + int(str(row["after"]))
    whole_before, whole_after = max(sum(before.values()), 1), max(sum(after.values()), 1)
    shares = [(cell, before[cell] / whole_before, after[cell] / whole_after) for cell in before]
    return sorted(shares, key=lambda share: (-share[1], share[0]))
