"""Receipts of what a stage wrote in; its rows checked before they are published, and the page of the check stored."""

import pkgutil
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.expectations import COLUMNS
from jobs.observed_rows import SeenIds, observed
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake
from lake.shards import Receipt

PAGES = "reports/expectations"
"""Folder of the store for the pages of Great Expectations."""
ROWS_AT_ONCE = 262_144


def assure(lake: Lake, table: str, key: str, receipts: Sequence[Receipt | None], *, may_be_empty: bool = False) -> dict[str, Any]:
    """Check written rows against their table's expectations; call it before publishing them.

    Args:
        lake: Where they were written.
        table: annotations, instances or crops.
        key: The stage key, which names the pages.
        receipts: Of the shards.
        may_be_empty: Whether there may be nothing to publish in the table, so that there is nothing to check.

    Returns:
        For the report: rows and expectations that were evaluated, and the pages' paths in the store.

    Raises:
        EmptyCheckError: There is no row to check, and there should be.
        ExpectationError: An expectation failed; the page is stored, nothing should be published.
    """
    validate = None
    seen = SeenIds()
    rows, expectations, pages = 0, 0, list[str]()
    for number, batch in enumerate(_batches(lake, table, [receipt for receipt in receipts if receipt is not None])):
        # Resolved by name because importing Great Expectations takes seconds, which a skipped stage need not pay.
        validate = validate or pkgutil.resolve_name("jobs.validation:validate")
        found = validate(table, observed(table, batch, seen))
        pages.append(f"{PAGES}/{table}/{key[:16]}-{number:03d}.html")
        lake.store.write_bytes(pages[-1], found.page.encode())
        if found.failed:
            raise ExpectationError(
                f"table {table!r}: {len(found.failed)} of {found.expectations} expectations fail over {found.rows:,} rows: "
                f"{'; '.join(found.failed)[:2000]}; nothing was published, see {lake.store.uri(pages[-1])}"
            )
        rows, expectations = rows + found.rows, expectations + found.expectations
    if not pages and not may_be_empty:
        raise EmptyCheckError(f"table {table!r} was to be published without a row: its expectations would be checked over nothing")
    return {"rows": rows, "expectations": expectations, "pages": pages}


def _batches(lake: Lake, table: str, receipts: Sequence[Receipt]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    count = 0
    for receipt in sorted(receipts, key=lambda receipt: receipt.path):
        with lake.store.open_input(receipt.path) as stream:
            waiting.append(pq.read_table(stream, columns=list(COLUMNS[table])))
        count += receipt.rows
        if count >= ROWS_AT_ONCE:
            yield pa.concat_tables(waiting)
            waiting, count = [], 0
    if waiting:
        yield pa.concat_tables(waiting)
