"""Check the rows that a stage wrote before they are published: its shards are read back, and one broken rule stops it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs.packing import pack_until
from jobs.quality.measures import MEASURED, identity_words, repeated_words
from jobs.quality.violations import Violations, columns_of, find_violations, joined_violations
from jobs.workers import InProcess
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake
from lake.publishing.records import EXPECTATION_PAGES
from lake.publishing.shards import Receipt
from lake.storage.store import Store

ROWS_AT_ONCE = 131_072
"""Rows that are read and checked together: this bounds a worker's memory."""

ReceiptBatch = tuple[Receipt, ...]
Found = TypeVar("Found")

_log = logging.getLogger(__name__)


class MapBatches(Protocol):
    """Does the work for every batch and returns the results in order, as `jobs.workers.Workers.map` does."""

    def __call__(self, pieces: Sequence[ReceiptBatch], work: Callable[[ReceiptBatch], Found], /) -> list[Found]: ...


in_process: MapBatches = InProcess().map


@dataclass(frozen=True, slots=True)
class ReadIdWords:
    """Reads the ids of a batch's rows, as words; see `jobs.quality.measures.identity_words`."""

    store: Store
    table: str

    def __call__(self, batch: ReceiptBatch) -> NDArray[np.uint64]:
        return identity_words(_read(self.store, batch, MEASURED[self.table][:1]).column(0))


@dataclass(frozen=True, slots=True)
class FindViolations:
    """Reads a batch's rows and finds those that break a rule."""

    store: Store
    table: str
    duplicates: NDArray[np.uint64]  # (D,) words of ids that several rows of the table have

    def __call__(self, batch: ReceiptBatch) -> Violations:
        return find_violations(self.table, _read(self.store, batch, columns_of(self.table)), self.duplicates)


def check_quality(
    lake: Lake, table: str, key: str, receipts: Sequence[Receipt | None], *, run: MapBatches = in_process, may_be_empty: bool = False
) -> dict[str, Any]:
    """Check written rows against their table's rules; call it before publishing them.

    Args:
        lake: Where they were written.
        table: annotations, instances or crops.
        key: The stage key, which names the page.
        receipts: Of the shards.
        run: How to check the batches of a table that has more than one.
        may_be_empty: Whether there may be nothing to publish in the table, so that there is nothing to check.

    Returns:
        For the report: rows and rules that were evaluated, and the pages' paths in the store.

    Raises:
        EmptyCheckError: There is no row to check, and there should be.
        ExpectationError: A rule is broken; the page is stored, nothing should be published.
    """
    written = sorted((receipt for receipt in receipts if receipt is not None), key=lambda receipt: receipt.path)
    if not written and may_be_empty:
        return {"rows": 0, "expectations": 0, "pages": []}
    if not sum(receipt.rows for receipt in written):
        raise EmptyCheckError(f"table {table!r} was to be published without a row: its rules would be checked over nothing")
    found = _violations(lake.store, table, written, run)
    pages = _stored_pages(lake.store, found, key)
    if broken := found.sentences():
        raise ExpectationError(
            f"table {table!r}: {len(broken)} of {len(found.counts)} rules are broken over {found.rows:,} rows: "
            f"{'; '.join(broken)[:2000]}; nothing was published{''.join(f', see {lake.store.uri(page)}' for page in pages)}"
        )
    return {"rows": found.rows, "expectations": len(found.counts), "pages": pages}


def _violations(store: Store, table: str, written: Sequence[Receipt], run: MapBatches) -> Violations:
    groups = pack_until([receipt.rows for receipt in written], ROWS_AT_ONCE)
    batches = [tuple(written[group.start : group.stop]) for group in groups]
    do = run if len(batches) > 1 else in_process
    duplicates = repeated_words(do(batches, ReadIdWords(store, table)))
    return joined_violations(do(batches, FindViolations(store, table, duplicates)))


def _stored_pages(store: Store, found: Violations, key: str) -> list[str]:
    """Render and store the page of a check, where Great Expectations is installed."""
    try:
        from jobs.quality.page import render_page
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "great_expectations":
            raise
        _log.info(
            "Great Expectations is not installed: the rows of %s were checked without a page; centrepiece[quality] renders pages",
            found.table,
        )
        return []
    page = f"{EXPECTATION_PAGES}/{found.table}/{key[:16]}-000.html"
    store.write_bytes(page, render_page(found, key).encode())
    return [page]


def _read(store: Store, batch: ReceiptBatch, columns: Sequence[str]) -> pa.Table:
    tables = []
    for receipt in batch:
        with store.open_input(receipt.path) as stream:
            # Rows of tables with bytes lie in many small groups; reading ahead across them is what keeps this cheap.
            tables.append(pq.ParquetFile(stream, pre_buffer=True).read(columns=list(columns), use_threads=False))
    return pa.concat_tables(tables)
