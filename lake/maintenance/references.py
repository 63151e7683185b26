"""Collect every file that a kept snapshot of a table names."""

from collections.abc import Collection
from dataclasses import dataclass

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table

from lake.lake import Lake


@dataclass(frozen=True, slots=True)
class References:
    """The files that a table's kept snapshots name, by path relative to the store's root."""

    live: dict[str, IcebergFile]  # of the newest snapshot
    kept: dict[str, IcebergFile]  # of any kept snapshot, the newest included
    metadata: frozenset[str]  # table metadata, manifest lists and manifests


def references(lake: Lake, table: Table, *, without: Collection[int] = ()) -> References:
    """Return the files that the kept snapshots of a table name; every manifest is read once.

    Args:
        lake: Whose table.
        table: Loaded; its metadata is the state that is described.
        without: Ids of snapshots that count as expired already.
    """
    metadata = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    by_manifest: dict[str, dict[str, IcebergFile]] = {}
    by_snapshot: dict[int, list[str]] = {}
    for snapshot in table.metadata.snapshots:
        if snapshot.snapshot_id in without:
            continue
        metadata.add(snapshot.manifest_list)
        manifests = snapshot.manifests(table.io)
        by_snapshot[snapshot.snapshot_id] = [manifest.manifest_path for manifest in manifests]
        for manifest in manifests:
            if manifest.manifest_path not in by_manifest:
                metadata.add(manifest.manifest_path)
                files = (entry.data_file for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True))
                by_manifest[manifest.manifest_path] = {lake.store.relative(file.file_path): file for file in files}
    kept = {path: file for files in by_manifest.values() for path, file in files.items()}
    current = table.current_snapshot()
    newest = by_snapshot.get(current.snapshot_id, []) if current else []
    live = {path: file for manifest in newest for path, file in by_manifest[manifest].items()}
    return References(live, kept, frozenset(lake.store.relative(location) for location in metadata))
