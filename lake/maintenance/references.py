"""Collect every file that a kept snapshot of a table names."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table

from lake.lake import Lake
from lake.storage.iceberg_tables import state_of


@dataclass(frozen=True, slots=True)
class References:
    """The files that a table's kept snapshots name, by path relative to the store's root."""

    live: dict[str, IcebergFile]  # of the newest snapshot
    kept: dict[str, IcebergFile]  # of any kept snapshot, the newest included
    metadata: frozenset[str]  # table metadata, manifest lists and manifests
    held: dict[str, int]  # bytes of data files that a tag keeps and no other tag, nor another kept snapshot, names, by tag


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
    kept = _files(by_manifest, by_manifest)
    current = table.current_snapshot()
    live = _files(by_snapshot.get(current.snapshot_id, []) if current else [], by_manifest)
    described = frozenset(lake.store.relative(location) for location in metadata)
    return References(live, kept, described, _held(table, by_snapshot, by_manifest))


def _held(table: Table, by_snapshot: Mapping[int, list[str]], by_manifest: Mapping[str, dict[str, IcebergFile]]) -> dict[str, int]:
    pinned = state_of(table).tags
    if not pinned:
        return {}
    snapshots_of = Counter(path for manifests in by_snapshot.values() for path in _files(manifests, by_manifest))
    tags_of = Counter([*pinned.values(), table.metadata.current_snapshot_id])
    held = dict.fromkeys(pinned, 0)
    for tag, snapshot_id in pinned.items():
        if tags_of[snapshot_id] == 1:
            files = _files(by_snapshot.get(snapshot_id, []), by_manifest)
            held[tag] = sum(file.file_size_in_bytes for path, file in files.items() if snapshots_of[path] == 1)
    return held


def _files(manifests: Iterable[str], by_manifest: Mapping[str, dict[str, IcebergFile]]) -> dict[str, IcebergFile]:
    return {path: file for manifest in manifests for path, file in by_manifest[manifest].items()}
