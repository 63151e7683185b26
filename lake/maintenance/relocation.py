"""Mend a lake whose folder was moved or copied: make every table name its files where they are now.

Iceberg names files absolutely: in the catalog, in the tables' metadata, in manifest lists and in manifests. Each is
rewritten in place, the innermost first, so that a relocation that was interrupted is completed by the next.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from pyiceberg.avro.file import AvroFile, AvroOutputFile
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.io import FileIO, InputFile, OutputFile, OutputStream
from pyiceberg.typedef import Record
from pyiceberg.types import StructType

from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.storage.file_io import StoreFileIO
from lake.storage.seals import opened_json, sealed_avro, sealed_json

_AVRO_HEADER = frozenset({"avro.schema"})


@dataclass(frozen=True, slots=True)
class Relocation:
    """What a relocation did."""

    before: str | None  # the store's former root; None where nothing had moved
    tables: tuple[str, ...]


def moved_from(lake: Lake) -> str | None:
    """Return where a lake's catalog believes its store to be, None where that is where it is.

    Only for SQL catalogs; with another one a store must not be moved.
    """
    for name, location in _locations(lake).items():
        root, found, _ = location.removeprefix("file://").partition(f"/tables/{name}/metadata/")
        if found and root != lake.store.root:
            return root
    return None


def relocate(lake: Lake) -> Relocation:
    """Make the tables of a moved store name their files where they are now.

    Raises:
        ConfigurationError: A file that the tables name is not in the store: this is not the whole of what was moved.
    """
    before = moved_from(lake)
    if before is None:
        return Relocation(None, ())
    done = []
    for name, location in _locations(lake).items():
        if location.removeprefix("file://").startswith(f"{before}/"):
            here = _here(lake, before)
            try:
                _relocate_table(lake, here(location), here)
            except FileNotFoundError as error:
                raise ConfigurationError(f"table {name!r} cannot be relocated, a file is not there: {error}") from None
            _point(lake, name, location, here(location))
            done.append(name)
    return Relocation(before, tuple(done))


def _locations(lake: Lake) -> dict[str, str]:
    if not isinstance(lake.catalog, SqlCatalog):
        return {}
    wanted = sa.select(IcebergTables.table_name, IcebergTables.metadata_location).where(
        IcebergTables.catalog_name == lake.catalog.name, IcebergTables.table_namespace == lake.namespace
    )
    with lake.catalog.engine.connect() as connection:
        return {name: location for name, location in connection.execute(wanted) if location}


def _point(lake: Lake, name: str, before: str, after: str) -> None:
    if isinstance(lake.catalog, SqlCatalog):
        pointed = sa.update(IcebergTables).where(
            IcebergTables.catalog_name == lake.catalog.name,
            IcebergTables.table_namespace == lake.namespace,
            IcebergTables.table_name == name,
            IcebergTables.metadata_location == before,
        )
        with lake.catalog.engine.begin() as connection:
            connection.execute(pointed.values(metadata_location=after, previous_metadata_location=None))


def _here(lake: Lake, before: str) -> Callable[[str], str]:
    def moved(location: str) -> str:
        plain = location.removeprefix("file://")
        return lake.store.root + plain[len(before) :] if plain.startswith(f"{before}/") else location

    return moved


def _relocate_table(lake: Lake, location: str, here: Callable[[str], str]) -> None:
    path = lake.store.relative(location)
    document = orjson.loads(opened_json(lake.store.read_bytes(path), path))
    files = StoreFileIO(document["properties"])
    manifests: set[str] = set()
    for snapshot in document["snapshots"]:
        # A table's manifests are shared by its snapshots: each is rewritten once, before what names it.
        listed = here(snapshot["manifest-list"])
        for manifest in _manifests(files, listed, here) - manifests:
            _rewrite(lake, files, manifest, lambda entry: _relocate_entry(entry, here))
            manifests.add(manifest)
        _rewrite(lake, files, listed, lambda manifest: _relocate_manifest(files, manifest, here))
    lake.store.write_bytes(path, sealed_json(orjson.dumps(_everywhere(document, here))))


def _manifests(files: FileIO, listed: str, here: Callable[[str], str]) -> set[str]:
    with AvroFile[Record](files.new_input(listed)) as reader:
        position = _position(reader, "manifest_path")
        return {here(record[position]) for record in reader}


def _relocate_entry(entry: "_Row", here: Callable[[str], str]) -> None:
    file = entry.record[entry.positions["data_file"]]
    file[entry.inner] = here(file[entry.inner])


def _relocate_manifest(files: FileIO, row: "_Row", here: Callable[[str], str]) -> None:
    path, length = row.positions["manifest_path"], row.positions["manifest_length"]
    row.record[path] = here(row.record[path])
    row.record[length] = len(files.new_input(row.record[path]))


class _Kept(OutputFile):
    """A file in memory, so that the store can write it whole or not at all."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._stream = _Unclosed()

    def __len__(self) -> int:
        return len(self.data())

    def exists(self) -> bool:
        return False

    def to_input_file(self) -> InputFile:
        raise NotImplementedError

    def create(self, overwrite: bool = False) -> OutputStream:
        return self._stream

    def data(self) -> bytes:
        return self._stream.getvalue()


class _Unclosed(io.BytesIO):
    def close(self) -> None:
        self.flush()


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    positions: dict[str, int]
    inner: int  # of the path in a manifest entry's data file


def _rewrite(lake: Lake, files: FileIO, location: str, change: Callable[[_Row], None]) -> None:
    with AvroFile[Record](files.new_input(location)) as reader:
        schema = reader.schema
        positions = {field.name: position for position, field in enumerate(schema.fields)}
        inner = 0
        if "data_file" in positions:
            described = schema.find_field("data_file").field_type
            fields = described.fields if isinstance(described, StructType) else ()
            inner = next(position for position, field in enumerate(fields) if field.name == "file_path")
        records = list(reader)
        about = {key: value for key, value in reader.header.meta.items() if key not in _AVRO_HEADER}
    for record in records:
        change(_Row(record, positions, inner))
    name = "manifest_entry" if "data_file" in positions else "manifest_file"
    kept = _Kept(location)
    with AvroOutputFile[Record](kept, schema, name, metadata=about) as writer:
        writer.write_block(records)
    lake.store.write_bytes(lake.store.relative(location), sealed_avro(kept.data()))


def _position(reader: AvroFile[Record], name: str) -> int:
    return next(position for position, field in enumerate(reader.schema.fields) if field.name == name)


def _everywhere(value: Any, here: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _everywhere(item, here) for key, item in value.items()}
    if isinstance(value, list):
        return [_everywhere(item, here) for item in value]
    return here(value) if isinstance(value, str) else value
