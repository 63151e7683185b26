"""The check itself: which of some rows break the rules of their table. It counts them and names a few, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.quality.measures import MEASURED, MEASURES, measures
from jobs.quality.rules import RULES, QualityRule

REFERENCE = "source_ref"
"""Column that says where a row stands in its export: with the id, it names a row."""
NAMED_ROWS = 5
"""Rows that are named of those that break a rule."""


@dataclass(frozen=True, slots=True)
class Violations:
    """What was found of some rows: of each rule of their table, in its order, how many rows break it, and the first of them."""

    table: str
    rows: int
    counts: tuple[int, ...]
    named: tuple[tuple[str, ...], ...]  # a row by its id, where it stands in its export, and the values that break the rule

    def sentences(self) -> list[str]:
        """Return what is wrong: a sentence for each rule that is broken."""
        return [
            f"{rule.name}: {count:,} of {self.rows:,} rows break {rule.expected!r} ({'; '.join(named)}{'; …' * (count > len(named))})"
            for rule, count, named in zip(RULES[self.table], self.counts, self.named, strict=True)
            if count
        ]


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns that a table's rules need, its id first; never pixels."""
    needed = (*MEASURED[table], REFERENCE, *chain.from_iterable(rule.columns for rule in RULES[table]))
    return tuple(dict.fromkeys(column for column in needed if column not in MEASURES))


def find_violations(table: str, rows: pa.Table, duplicates: NDArray[np.uint64]) -> Violations:
    """Find the rows that break the rules of their table.

    Args:
        table: annotations, instances or crops.
        rows: With the columns of `columns_of`.
        duplicates: (D,) words of the ids that several rows of the whole table have; see `jobs.quality.measures.repeated_words`.
    """
    for name, values in measures(table, rows, duplicates).items():
        rows = rows.append_column(name, pa.array(values))
    broken = [_broken(rule, rows) for rule in RULES[table]]
    named = (_named(rows, (MEASURED[table][0], REFERENCE, *rule.columns), found) for rule, found in zip(RULES[table], broken, strict=True))
    return Violations(table, len(rows), tuple(int(np.count_nonzero(one)) for one in broken), tuple(named))


def joined_violations(parts: Sequence[Violations]) -> Violations:
    """Join what was found of the batches of one table, at least one."""
    counts = tuple(sum(of_rule) for of_rule in zip(*(part.counts for part in parts), strict=True))
    named = (tuple(chain.from_iterable(of_rule))[:NAMED_ROWS] for of_rule in zip(*(part.named for part in parts), strict=True))
    return Violations(parts[0].table, sum(part.rows for part in parts), counts, tuple(named))


def _broken(rule: QualityRule, rows: pa.Table) -> NDArray[np.bool_]:
    columns = [rows.column(name) for name in rule.columns]
    holds = np.asarray(rule.holds(*map(_values, columns)))
    for column in columns:
        if column.null_count:
            holds = holds & np.asarray(column.is_valid())
    return ~holds


def _values(column: pa.ChunkedArray) -> Any:
    """Return what a rule is called with; what is null, in any form: it breaks the rule whatever the rule says."""
    if pa.types.is_string(column.type):
        return column.fill_null("")
    values = column.fill_null(pa.scalar(0).cast(column.type)).to_numpy()
    return values.astype(np.int64) if pa.types.is_integer(column.type) else values


def _named(rows: pa.Table, columns: Sequence[str], broken: NDArray[np.bool_]) -> tuple[str, ...]:
    found = rows.select(dict.fromkeys(columns)).take(np.flatnonzero(broken)[:NAMED_ROWS]) if broken.any() else rows.slice(0, 0)
    return tuple(", ".join(f"{name} {value!r}" for name, value in row.items()) for row in found.to_pylist())
