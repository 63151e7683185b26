"""The data files of a table's snapshot: which there are, and which a filter needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table

from lake.contracts import PARTITIONS
from lake.sql.filters import file_filter
from lake.storage.store import Store


@dataclass(frozen=True, slots=True)
class DataFile:
    """One live file of a table."""

    path: str  # relative to the store's root
    uri: str
    rows: int
    bytes: int
    part: Mapping[str, str]


def live_files(store: Store, table: Table, where: Mapping[str, Any], snapshot_id: int) -> list[DataFile]:
    """Return the files of one snapshot of a table that may hold such rows, by path.

    Args:
        store: Where the files are.
        table: Loaded.
        where: Column to value or values; prunes files, filters no rows.
        snapshot_id: One of the table's.
    """
    return [file for file, _ in planned_files(store, table, where, snapshot_id)]


def planned_files(store: Store, table: Table, where: Mapping[str, Any], snapshot_id: int) -> list[tuple[DataFile, IcebergFile]]:
    """Return what `live_files` does, each file beside Iceberg's own description of it."""
    columns = PARTITIONS.get(table.name()[-1], ())
    found = []
    for task in table.scan(row_filter=file_filter(where), snapshot_id=snapshot_id).plan_files():
        file = task.file
        values = dict(zip(columns, (file.partition[i] for i in range(len(columns))), strict=True))
        path = store.relative(file.file_path)
        found.append((DataFile(path, store.uri(path), file.record_count, file.file_size_in_bytes, values), file))
    return sorted(found, key=lambda pair: pair[0].path)
