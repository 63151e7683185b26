"""Receipts of what a stage wrote in; its rows checked before they are published, and the page of the check stored."""

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs.expectations import COLUMNS, Validation
from jobs.observed_rows import id_words, observed, repeated
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake
from lake.shards import Receipt
from lake.store import Store

PAGES = "reports/expectations"
"""Folder of the store for the pages of Great Expectations."""
ROWS_AT_ONCE = 262_144
"""Rows that are checked together: this bounds the memory of whoever checks them."""

Batch = tuple[str, ...]
"""Paths of some shards, relative to the store's root."""
Run = Callable[[Sequence[Batch], Callable[[Batch], Validation]], list[Validation]]
"""Does every piece of work and returns the results in order: here, or on Spark's workers."""


@dataclass(frozen=True, slots=True)
class CheckRows:
    """Checks a batch of a table's rows; picklable, so that a worker can."""

    store: Store
    table: str
    doubled: NDArray[np.uint64]  # words of ids that several rows of the table have

    def __call__(self, batch: Batch) -> Validation:
        rows = pa.concat_tables([_columns(self.store, path, COLUMNS[self.table]) for path in batch])
        # Resolved by name because importing Great Expectations takes seconds, which a skipped stage need not pay.
        found: Validation = pkgutil.resolve_name("jobs.validation:validate")(self.table, observed(self.table, rows, self.doubled))
        return found


def here(batches: Sequence[Batch], check: Callable[[Batch], Validation]) -> list[Validation]:
    """Check one batch after the other in this process."""
    return [check(batch) for batch in batches]


def assure(
    lake: Lake, table: str, key: str, receipts: Sequence[Receipt | None], *, run: Run = here, may_be_empty: bool = False
) -> dict[str, Any]:
    """Check written rows against their table's expectations; call it before publishing them.

    Args:
        lake: Where they were written.
        table: annotations, instances or crops.
        key: The stage key, which names the pages.
        receipts: Of the shards.
        run: How to check the batches of a table that has more than one.
        may_be_empty: Whether there may be nothing to publish in the table, so that there is nothing to check.

    Returns:
        For the report: rows and expectations that were evaluated, and the pages' paths in the store.

    Raises:
        EmptyCheckError: There is no row to check, and there should be.
        ExpectationError: An expectation failed; the page is stored, nothing should be published.
    """
    written = sorted((receipt for receipt in receipts if receipt is not None), key=lambda receipt: receipt.path)
    if not written and not may_be_empty:
        raise EmptyCheckError(f"table {table!r} was to be published without a row: its expectations would be checked over nothing")
    batches = list(_batches(written))
    identity = COLUMNS[table][:1]
    doubled = repeated([id_words(_columns(lake.store, receipt.path, identity).column(0)) for receipt in written])
    found = (run if len(batches) > 1 else here)(batches, CheckRows(lake.store, table, doubled))
    pages = [f"{PAGES}/{table}/{key[:16]}-{number:03d}.html" for number in range(len(found))]
    for page, one in zip(pages, found, strict=True):
        lake.store.write_bytes(page, one.page.encode())
    for page, one in zip(pages, found, strict=True):
        if one.failed:
            raise ExpectationError(
                f"table {table!r}: {len(one.failed)} of {one.expectations} expectations fail over {one.rows:,} rows: "
                f"{'; '.join(one.failed)[:2000]}; nothing was published, see {lake.store.uri(page)}"
            )
    return {"rows": sum(one.rows for one in found), "expectations": sum(one.expectations for one in found), "pages": pages}


def _batches(receipts: Sequence[Receipt]) -> Iterator[Batch]:
    waiting: list[str] = []
    count = 0
    for receipt in receipts:
        waiting.append(receipt.path)
        count += receipt.rows
        if count >= ROWS_AT_ONCE:
            yield tuple(waiting)
            waiting, count = [], 0
    if waiting:
        yield tuple(waiting)


def _columns(store: Store, path: str, names: Sequence[str]) -> pa.Table:
    with store.open_input(path) as stream:
        return pq.read_table(stream, columns=list(names))
