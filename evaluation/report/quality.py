"""Find what was checked of the present tables before they were published, with the pages that Great Expectations rendered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lake.lake import Lake
from lake.publishing.records import PublicationRecord, records_of

CHECKED_TABLES = ("annotations", "instances", "crops")
"""Tables whose stages check expectations before they publish."""


@dataclass(frozen=True, slots=True)
class QualityPages:
    """One publication whose rows met their expectations; `pages` are paths in the store."""

    table: str
    part: str  # the source, or empty for a whole table
    rows: int
    expectations: int
    pages: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what the stage had to say to people


def quality_pages(lake: Lake) -> list[QualityPages]:
    """Return the checks of the publications that the present tables consist of, in the order of the pipeline."""
    return [found for table in CHECKED_TABLES if lake.has(table) for found in sorted(_of_table(lake, table), key=lambda one: one.part)]


def _of_table(lake: Lake, table: str) -> Iterator[QualityPages]:
    files = {file.path for file in lake.files(table)}
    for prefix in sorted({path.split("/")[2] for path in files}):
        for record in records_of(lake.store, prefix):
            for output in record.outputs:
                if output.table == table and files.intersection(receipt.path for receipt in output.receipts):
                    yield _quality_pages(record, table, output.part)


def _quality_pages(record: PublicationRecord, table: str, part: Mapping[str, str]) -> QualityPages:
    found = record.report.details.get("expectations", {})
    pages = tuple(found.get("pages", ()))
    return QualityPages(
        table, part.get("source", ""), found.get("rows", 0), found.get("expectations", 0), pages, tuple(record.report.notes)
    )
