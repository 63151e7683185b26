"""Parts of a table, by the values of its identity partitions: how they are named, and which of them overlap."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

from lake.contracts import PARTITIONS
from lake.errors import ContractError
from lake.schemas import record_of

WHOLE = "*"
"""Names the part `{}`: the whole table."""


def checked_part(table: str, part: Mapping[str, str]) -> dict[str, str]:
    """Return a part of a table with its columns in order.

    Args:
        table: Its name.
        part: Partition column to value, in any order; `{}` is the whole table.

    Raises:
        ContractError: There is no such table, or it is not partitioned by these columns.
    """
    record_of(table)
    known = PARTITIONS.get(table, ())
    if unknown := [column for column in part if column not in known]:
        raise ContractError(f"table {table!r} has parts by {list(known)}, got {unknown}")
    return {column: part[column] for column in known if column in part}


def part_name(part: Mapping[str, str]) -> str:
    """Return the name of a part, e.g. `source=coco/stage=ingest`; it is safe in paths and property names.

    Args:
        part: Partition column to value.
    """
    return "/".join(f"{column}={quote(value, safe='')}" for column, value in sorted(part.items())) or WHOLE


def part_of(name: str) -> dict[str, str]:
    """Return the part that has a name; the inverse of `part_name`."""
    terms = [] if name == WHOLE else [term.partition("=") for term in name.split("/")]
    return {column: unquote(value) for column, _, value in terms}


def overlap(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two parts of a table may share rows: they differ in no column that both name.

    Args:
        one: Partition column to value; what it does not name may be anything.
        other: The same, of the same table.
    """
    return all(one[column] == other[column] for column in one.keys() & other.keys())
