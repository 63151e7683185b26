"""Tables as pyiceberg knows them, and their files as it plans them."""

from collections.abc import Mapping
from typing import Any

from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, In, Reference
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadataUtil

from lake.contracts import PARTITIONS
from lake.storage.data_files import DataFile, values_of
from lake.storage.file_io import StoreFileIO
from lake.storage.store import Store
from lake.storage.table_states import TableState, parse_state


def state_of(table: Table) -> TableState:
    """Return what a loaded table's metadata says."""
    return parse_state(table.name()[-1], table.metadata.model_dump_json().encode(), table.metadata_location)


def as_iceberg(table: TableState) -> Table:
    """Return a table as it was, for reading."""
    metadata = TableMetadataUtil.parse_raw(table.document.decode())
    files = StoreFileIO(dict(metadata.properties))
    return Table(("", table.name), metadata, table.metadata_location, files, NoopCatalog("read"))


def planned_files(store: Store, table: Table, where: Mapping[str, Any], snapshot_id: int) -> list[tuple[DataFile, IcebergFile]]:
    """Return what `lake.storage.live_files.live_files` does, each file beside Iceberg's own description of it."""
    columns = PARTITIONS.get(table.name()[-1], ())
    found = []
    for task in table.scan(row_filter=file_filter(where), snapshot_id=snapshot_id).plan_files():
        file = task.file
        values = dict(zip(columns, (file.partition[i] for i in range(len(columns))), strict=True))
        path = store.relative(file.file_path)
        found.append((DataFile(path, store.uri(path), file.record_count, file.file_size_in_bytes, values), file))
    return sorted(found, key=lambda pair: pair[0].path)


def file_filter(where: Mapping[str, Any]) -> BooleanExpression:
    """Return the filter of files that `where` means."""
    expression: BooleanExpression = AlwaysTrue()
    for column, value in where.items():
        expression = And(expression, In(term=Reference(column), literals=set(values_of(value))))
    return expression
