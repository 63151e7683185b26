"""The section on what the data holds before and after balancing."""

import pyarrow as pa

from evaluation.report.pages.charts import paired_bars
from evaluation.report.pages.markup import figure, folded, name, number, paragraph, section, table

_MOST_BARS = 40
_MOST_CELLS = 2000
_COUNTS = ("before", "planned", "after", "rejected")


def balance_section(balance: pa.Table) -> str:
    """Return bars by domain and by class of the training split, and the whole table.

    Args:
        balance: All rows of `balance`.
    """
    rows = balance.to_pylist()
    train = [row for row in rows if row["split"] == "train"]
    bodies = [paragraph("Shares of the training split: labelled instances before balancing, planned crops after.")]
    for title, columns in (("by domain", ("domain",)), ("by class", ("domain", "class_id"))):
        shares = _shares(train, columns)
        caption = f"Training split {title}" + (f", the largest {_MOST_BARS} of {len(shares)}" if len(shares) > _MOST_BARS else "")
        bodies.append(figure(paired_bars(shares[:_MOST_BARS], names=("before", "after")), caption))
    if len(rows) > _MOST_CELLS:
        bodies.append(paragraph(f"Below are the largest {_MOST_CELLS:,} of {len(rows):,} cells; the table balance holds all.", "facts"))
    bodies.append(folded(f"All {len(rows):,} cells", _cells(rows)))
    return section("balance", "Balance before and after", *bodies)


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


def _cells(rows: list[dict[str, object]]) -> str:
    largest = sorted(rows, key=lambda row: -int(str(row["before"])))[:_MOST_CELLS]
    ordered = sorted(largest, key=lambda row: (str(row["split"]), str(row["domain"]), str(row["customer"]), str(row["class_path"])))
    cells = [
        [
            *(name(row[column]) for column in ("split", "domain", "customer", "class_path")),
            *(f"{int(str(row[column])):,}" for column in _COUNTS),
            *(number(100 * float(str(row[column])), 1) for column in ("share_before", "share_after")),
        ]
        for row in ordered
    ]
    headings = ["split", "domain", "customer", "class", *_COUNTS, "% before", "% after"]
    return table(headings, cells, caption="All cells of the balance", identity="cells", numbers_from=4)
