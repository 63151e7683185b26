"""The data files of a table's snapshot: which there are, and which a filter needs.

Small tables are listed here. What takes Iceberg's own evaluation (a filter by another column than a part's, manifests that are large
or not like ours) is planned by pyiceberg; both give the same files.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lake.contracts import PARTITIONS
from lake.errors import InputError
from lake.storage.avro_records import avro_records
from lake.storage.data_files import DataFile, values_of
from lake.storage.seals import SEALED_PROPERTY, check_avro
from lake.storage.store import Store
from lake.storage.table_states import TableState

LARGEST_MANIFESTS = 256 << 10
"""Bytes of a snapshot's manifests that are read here; pyiceberg's compiled reader has made up for its loading beyond."""

_DATA, _DELETED = 0, 2
"""Content of a manifest or a file that holds rows, and status of an entry whose file is gone. Source: the Iceberg specification."""


class _UnlikeOursError(Exception):
    """Metadata that only pyiceberg knows how to read."""


def live_files(store: Store, table: TableState, where: Mapping[str, Any], snapshot_id: int) -> list[DataFile]:
    """Return the files of one snapshot of a table that may hold such rows, by path.

    Args:
        store: Where the files are.
        table: As it is, or was.
        where: Column to value or values; prunes files, filters no rows.
        snapshot_id: One of the table's.

    Raises:
        DamagedFileError: A manifest is not what was written.
    """
    columns = PARTITIONS.get(table.name, ())
    if where.keys() <= set(columns):
        try:
            wanted = {column: set(values_of(value)) for column, value in where.items()}
            files = [file for file in _listed(store, table, columns, snapshot_id) if _is_of(file.part, wanted)]
            return sorted(files, key=lambda file: file.path)
        except (_UnlikeOursError, InputError, ValueError, KeyError, TypeError):  # pyiceberg reads it, or says what is wrong with it
            pass
    from lake.storage.iceberg_tables import as_iceberg, planned_files

    return [file for file, _ in planned_files(store, as_iceberg(table), where, snapshot_id)]


def _is_of(part: Mapping[str, str], wanted: Mapping[str, set[Any]]) -> bool:
    return all(part[column] in values for column, values in wanted.items())


def _listed(store: Store, table: TableState, columns: tuple[str, ...], snapshot_id: int) -> Iterator[DataFile]:
    snapshot = table.snapshot(snapshot_id)
    if snapshot is None:
        raise _UnlikeOursError
    manifests = list(_records(store, table, snapshot.manifest_list))
    if any(one["content"] != _DATA for one in manifests) or sum(one["manifest_length"] for one in manifests) > LARGEST_MANIFESTS:
        raise _UnlikeOursError
    for manifest in manifests:
        for entry in _records(store, table, manifest["manifest_path"]):
            file = entry["data_file"]
            if file["content"] != _DATA or file["partition"].keys() != set(columns):
                raise _UnlikeOursError
            if entry["status"] != _DELETED and file["record_count"]:
                path, part = store.relative(file["file_path"]), {column: file["partition"][column] for column in columns}
                yield DataFile(path, store.uri(path), file["record_count"], file["file_size_in_bytes"], part)


def _records(store: Store, table: TableState, uri: str) -> Iterator[dict[str, Any]]:
    data = store.read_bytes(store.relative(uri))
    if table.properties.get(SEALED_PROPERTY) == "true":
        check_avro(data, uri)
    return avro_records(data)
