"""Collect every file that a kept snapshot of a table names."""

from collections.abc import Collection
from dataclasses import dataclass

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from lake.lake import Lake
from lake.publishing.snapshots import tags


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


def held_bytes(lake: Lake, table: Table, expiring: Collection[int]) -> dict[str, int]:
    """Return the bytes of data files that each tag of a table keeps and no other tag, nor any snapshot that stays, names.

    Args:
        lake: Whose table.
        table: Loaded.
        expiring: Ids of the snapshots that are about to expire.
    """
    pinned = tags(table)
    named = {s.snapshot_id: _data_files(lake, table, s) for s in table.metadata.snapshots if s.snapshot_id not in expiring}
    held = {}
    for tag, snapshot_id in pinned.items():
        others = [files for other, files in named.items() if other != snapshot_id]
        elsewhere = set().union(*others)
        is_shared = snapshot_id == table.metadata.current_snapshot_id or list(pinned.values()).count(snapshot_id) > 1
        held[tag] = 0 if is_shared else sum(size for path, size in named[snapshot_id].items() if path not in elsewhere)
    return held


def _data_files(lake: Lake, table: Table, snapshot: Snapshot) -> dict[str, int]:
    return {
        lake.store.relative(entry.data_file.file_path): entry.data_file.file_size_in_bytes
        for manifest in snapshot.manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }
