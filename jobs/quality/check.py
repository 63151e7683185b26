"""Receipts of what a stage wrote in; its rows checked before they are published, and the pages of the check stored."""

import pkgutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs.packing import pack_until
from jobs.quality.check_columns import id_words, observed, repeated
from jobs.quality.expectations import COLUMNS, Validation
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake
from lake.publishing.records import EXPECTATION_PAGES
from lake.publishing.shards import Receipt
from lake.storage.store import Store

ROWS_AT_ONCE = 131_072
"""Rows that are read and observed together: this bounds a worker's memory."""
ROWS_A_PAGE = 1 << 20
"""Rows that Great Expectations checks together."""
PAGES_AT_ONCE = 4
"""Pages whose observations are held together: this bounds the driver's memory, at about 100 bytes a row."""

_VALIDATE = "jobs.quality.validation:validate"
"""Resolved by name: a stage that is skipped need not pay the import of Great Expectations."""

Batch = tuple[Receipt, ...]
Result = TypeVar("Result")


class Run(Protocol):
    """Does every piece of work and returns the results in order: here, or on Spark's workers."""

    def __call__(self, pieces: Sequence[Batch], work: Callable[[Batch], Result], /) -> list[Result]: ...


@dataclass(frozen=True, slots=True)
class ReadColumns:
    """Reads some columns of a batch's rows; picklable, so that a worker can."""

    store: Store
    columns: tuple[str, ...]

    def __call__(self, batch: Batch) -> pa.Table:
        return pa.concat_tables([self._read(receipt.path) for receipt in batch])

    def _read(self, path: str) -> pa.Table:
        with self.store.open_input(path) as stream:
            # Rows of tables with bytes lie in many small groups; reading ahead across them is what keeps this cheap.
            return pq.ParquetFile(stream, pre_buffer=True).read(columns=list(self.columns), use_threads=False)


@dataclass(frozen=True, slots=True)
class ReadWords:
    """Reads the ids of a batch's rows, as words; see `jobs.quality.check_columns.id_words`."""

    store: Store
    table: str

    def __call__(self, batch: Batch) -> NDArray[np.uint64]:
        return id_words(ReadColumns(self.store, COLUMNS[self.table][:1])(batch).column(0))


@dataclass(frozen=True, slots=True)
class ObserveRows:
    """Reads a batch's rows and returns what their expectations look at, which is numbers alone."""

    store: Store
    table: str
    duplicate: NDArray[np.uint64]  # words of ids that several rows of the table have

    def __call__(self, batch: Batch) -> pa.Table:
        return observed(self.table, ReadColumns(self.store, COLUMNS[self.table])(batch), self.duplicate)


def prepare() -> None:
    """Begin to import Great Expectations, which takes seconds, beside what the driver waits for; `check_quality` will need it."""
    threading.Thread(target=pkgutil.resolve_name, args=(_VALIDATE,), daemon=True).start()


def here(pieces: Sequence[Batch], work: Callable[[Batch], Result], /) -> list[Result]:
    """Do one piece after the other in this process."""
    return [work(piece) for piece in pieces]


def check_quality(
    lake: Lake, table: str, key: str, receipts: Sequence[Receipt | None], *, run: Run = here, may_be_empty: bool = False
) -> dict[str, Any]:
    """Check written rows against their table's expectations; call it before publishing them.

    Args:
        lake: Where they were written.
        table: annotations, instances or crops.
        key: The stage key, which names the pages.
        receipts: Of the shards.
        run: How to read the batches of a table that has more than one.
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
    found = list(_validations(lake.store, table, written, run))
    pages = [f"{EXPECTATION_PAGES}/{table}/{key[:16]}-{number:03d}.html" for number in range(len(found))]
    for page, one in zip(pages, found, strict=True):
        lake.store.write_bytes(page, one.page.encode())
    for page, one in zip(pages, found, strict=True):
        if one.failed:
            raise ExpectationError(
                f"table {table!r}: {len(one.failed)} of {one.expectations} expectations fail over {one.rows:,} rows: "
                f"{'; '.join(one.failed)[:2000]}; nothing was published, see {lake.store.uri(page)}"
            )
    return {"rows": sum(one.rows for one in found), "expectations": sum(one.expectations for one in found), "pages": pages}


def _validations(store: Store, table: str, written: Sequence[Receipt], run: Run) -> Iterator[Validation]:
    """Check the rows of one page after the other, each observed in batches."""
    batches = [tuple(written[group.start : group.stop]) for group in pack_until([receipt.rows for receipt in written], ROWS_AT_ONCE)]
    do = run if len(batches) > 1 else here
    observe = ObserveRows(store, table, repeated(do(batches, ReadWords(store, table))))
    rows_of_each = [sum(receipt.rows for receipt in batch) for batch in batches]
    pages = [batches[group.start : group.stop] for group in pack_until(rows_of_each, ROWS_A_PAGE)]
    for begin in range(0, len(pages), PAGES_AT_ONCE):
        together = pages[begin : begin + PAGES_AT_ONCE]
        seen = iter(do([batch for page in together for batch in page], observe))
        for page in together:
            rows = pa.concat_tables([next(seen) for _ in page])
            yield _validated(store, table, [receipt for batch in page for receipt in batch], rows)


def _validated(store: Store, table: str, receipts: Sequence[Receipt], rows: pa.Table) -> Validation:
    validate = pkgutil.resolve_name(_VALIDATE)
    found: Validation = validate(table, rows, lambda columns: ReadColumns(store, columns)(tuple(receipts)))
    return found
