"""Writes the reference of tables and columns from `lake.contracts`."""

import inspect
import re
from dataclasses import dataclass

import pyarrow as pa

from infra.docs.comments import trailing_comments
from infra.docs.markdown import code, page, table
from lake.contracts import PARTITIONS, TABLES
from lake.schemas import arrow_schema


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    """What is said of one column."""

    name: str
    kind: str
    unit: str
    nullable: bool
    meaning: str


def column_entries() -> dict[str, list[ColumnEntry]]:
    """Return what is said of every column, by table.

    A column without a comment of its own means what the column of that name means in the nearest table before.
    """
    known: dict[str, str] = {}
    found = {}
    for name, record in TABLES.items():
        known |= trailing_comments(record)
        found[name] = [_entry(column, known) for column in arrow_schema(record)]
    return found


def tables_page() -> str:
    """Return the page of all tables."""
    intro = (
        "Every table stands under its name in `centrepiece sql`, in `centrepiece.connect(...)` and in the Iceberg catalog. "
        "Coordinates are pixels of the displayed image (EXIF orientation applied), with the origin at the top left; boxes are x, y, "
        "width and height. Keys are content hashes in lower-case hexadecimal."
    )
    parts = []
    for name, entries in column_entries().items():
        parts.append(f"## {name}\n\n{_first_line(TABLES[name])}")
        if name in PARTITIONS:
            parts.append(f"Partitioned by {' and '.join(code(column) for column in PARTITIONS[name])}.")
        rows = [[code(entry.name), entry.kind, "yes" if entry.nullable else "", entry.unit, entry.meaning] for entry in entries]
        parts.append(table(["column", "type", "may be null", "unit", "meaning"], rows))
    return page("Tables and columns", intro, *parts)


def _entry(column: pa.Field, known: dict[str, str]) -> ColumnEntry:
    return ColumnEntry(column.name, str(column.type), column.metadata[b"unit"].decode(), column.nullable, known.get(column.name, ""))


def _first_line(record: type) -> str:
    return re.sub(r"\s*\n\s*", " ", inspect.getdoc(record) or "")
