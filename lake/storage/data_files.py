"""A data file of a table, and the values that a filter allows its columns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DataFile:
    """One live file of a table."""

    path: str  # relative to the store's root
    uri: str
    rows: int
    bytes: int
    part: Mapping[str, str]


def values_of(value: Any) -> list[Any]:
    """Return the values that a filter allows a column: one, or each of several."""
    return list(value) if isinstance(value, Collection) and not isinstance(value, str | bytes) else [value]
