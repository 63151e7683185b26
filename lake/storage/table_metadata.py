"""Iceberg metadata as it lies in the store, whatever the catalog knows of it: what a lost catalog is rebuilt from."""

import re
from dataclasses import dataclass

import orjson

from lake.errors import DamagedFileError
from lake.storage.seals import opened_json
from lake.storage.store import Store

_NAME = re.compile(r"(?P<number>\d+)-[0-9a-f-]{36}\.metadata\.json")


@dataclass(frozen=True, slots=True)
class StoredMetadata:
    """One metadata file of a table that has been published to."""

    path: str  # relative to the store's root
    number: int  # commits of the table up to this one
    location: str  # URI of the table's folder when it was written


def newest_metadata(store: Store, table: str) -> StoredMetadata | None:
    """Return the newest readable metadata of a table that names a snapshot; None where there is none.

    Args:
        store: Where the tables' files are.
        table: Name of the table.
    """
    named = {path: _NAME.fullmatch(path.rpartition("/")[2]) for path in store.list(f"tables/{table}/metadata")}
    numbered = sorted(((int(match["number"]), path) for path, match in named.items() if match), reverse=True)
    for number, path in numbered:
        try:
            document = orjson.loads(opened_json(store.read_bytes(path), path))
            snapshots, location = document.get("snapshots"), document.get("location")
        except (DamagedFileError, orjson.JSONDecodeError, AttributeError):
            continue
        if snapshots and isinstance(location, str):
            return StoredMetadata(path, number, location)
    return None


def metadata_number(location: str) -> int:
    """Return the number of a metadata file, by its path or URI; -1 where the name has none."""
    match = _NAME.fullmatch(location.rpartition("/")[2])
    return int(match["number"]) if match else -1
