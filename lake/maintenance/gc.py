"""Remove what a lake no longer needs: old snapshots, files and pages that no snapshot names, what killed runs left.

Tagged snapshots stay, and so do the newest of each table, everything younger than a day, and the files of any run
that still holds its lease.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from lake.contracts import TABLES
from lake.digests import FOLDER_DIGITS
from lake.errors import InputError, MissingTableError, PublishError
from lake.lake import Lake
from lake.maintenance.rebuilding import refuse_lost_tables
from lake.maintenance.references import references
from lake.publishing.processes import is_dead
from lake.publishing.records import EXPECTATION_PAGES, RECORDS_FOLDER, publication_of, read_record
from lake.publishing.snapshots import KEY_PROPERTY, newest_until, replacement_times, summary_of
from lake.publishing.standing import COMMITTED
from lake.storage.iceberg_tables import state_of
from lake.storage.object_storage import end_upload, unfinished_uploads
from lake.storage.store import StoredObject

KEEP = timedelta(days=7)
GRACE = timedelta(days=1)
"""Nothing younger is swept: it may belong to a run that is about to publish it."""
EXPIRE_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class GcReport:
    """What was removed, or would be."""

    dry_run: bool
    expired: dict[str, list[int]] = field(default_factory=dict)  # snapshot ids by table
    tagged: dict[str, dict[str, int]] = field(default_factory=dict)  # kept for their tags: snapshot id by tag, by table
    held: dict[str, dict[str, int]] = field(default_factory=dict)  # bytes of data files that a tag alone keeps, by tag, by table
    removed: dict[str, int] = field(default_factory=dict)  # bytes by path relative to the store's root
    leases: list[str] = field(default_factory=list)  # stale ones, by what they were for
    uploads: list[str] = field(default_factory=list)  # unfinished ones on S3, by URI

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {**asdict(self), "bytes": sum(self.removed.values())}


def gc(lake: Lake, *, dry_run: bool, keep: timedelta = KEEP, grace: timedelta = GRACE) -> GcReport:
    """Expire old snapshots and remove what no snapshot names any more.

    Args:
        lake: Whose tables and files.
        dry_run: Remove nothing, only say what would be.
        keep: Snapshots that were the newest within this time stay, however long ago they were committed.
        grace: Files younger than this stay.

    Raises:
        ConfigurationError: The store holds tables that the catalog does not know, or knows as they were; nothing is removed.
    """
    refuse_lost_tables(lake)
    now = datetime.now(UTC)
    report = GcReport(dry_run)
    protected = {lease.key[:FOLDER_DIGITS] for lease in lake.leases.leases() if lease.expires_in_s > 0 and not is_dead(lease.holder)}
    named_keys: set[str] = set()
    for name in TABLES:
        # What is listed before the table is loaded cannot be named by a commit that was not seen.
        listed = [*lake.store.entries(f"tables/{name}"), *lake.store.entries(f"tables/{name}", unfinished=True)]
        try:
            table = lake.table(name)
        except MissingTableError:
            kept: set[str] = set()
        else:
            kept = _expire_and_name(lake, table, now - keep, report)
            named_keys |= _keys_in_use(table, report.expired.get(name, ()))
        named_keys |= {publication_of(path) for path in kept}
        _remove(lake, _sweepable(listed, kept, protected, now - grace), report)
    records = [entry for entry in lake.store.entries(RECORDS_FOLDER) if entry.modified < now - grace]
    in_use = named_keys | protected
    _remove(lake, (entry for entry in records if not _is_needed(lake, entry.path, in_use)), report)
    pages = [entry for entry in lake.store.entries(EXPECTATION_PAGES) if entry.modified < now - grace]
    _remove(lake, (entry for entry in pages if _page_key(entry.path) not in in_use), report)
    _drop_stale_leases(lake, report)
    _end_old_uploads(lake, now - grace, report)
    return report


def expire_snapshots(lake: Lake, table: str, snapshot_ids: Collection[int]) -> None:
    """Forget snapshots of a table; their files stay until they are swept.

    Args:
        lake: Whose table.
        table: Its name.
        snapshot_ids: Neither tagged nor the newest.

    Raises:
        InputError: A snapshot is tagged, is the newest, or does not exist.
        PublishError: Others kept committing to the table.
    """
    for _ in range(EXPIRE_ATTEMPTS):
        loaded = lake.table(table)
        pinned = {snapshot_id: tag for tag, snapshot_id in state_of(loaded).tags.items()}
        for snapshot_id in snapshot_ids:
            if snapshot_id in pinned:
                raise InputError(f"snapshot {snapshot_id} of table {table!r} is tagged {pinned[snapshot_id]!r}; it stays")
            if snapshot_id == loaded.metadata.current_snapshot_id:
                raise InputError(f"snapshot {snapshot_id} is the newest of table {table!r}; it stays")
            if loaded.snapshot_by_id(snapshot_id) is None:
                raise InputError(f"table {table!r} has no snapshot {snapshot_id}")
        try:
            if until := newest_until(state_of(loaded), snapshot_ids):
                loaded = loaded.transaction().set_properties(until).commit_transaction()
            loaded.maintenance.expire_snapshots().by_ids(list(snapshot_ids)).commit()
        except CommitFailedException:
            continue
        return
    raise PublishError(f"snapshots of table {table!r} could not be expired: others kept committing; try again")


def _expire_and_name(lake: Lake, table: Table, until: datetime, report: GcReport) -> set[str]:
    name = table.name()[-1]
    described = state_of(table)
    pinned = described.tags
    stays = {*pinned.values(), table.metadata.current_snapshot_id}
    replaced = replacement_times(described)
    old = [one for one, moment in replaced.items() if moment < until.timestamp() * 1000 and one not in stays]
    if pinned:
        report.tagged[name] = dict(pinned)
    if old:
        report.expired[name] = old
        if not report.dry_run:
            expire_snapshots(lake, name, old)
            table = lake.table(name)
    found = references(lake, table, without=old)
    if found.held:
        report.held[name] = found.held
    return found.kept.keys() | found.metadata


def _keys_in_use(table: Table, expired: Collection[int]) -> set[str]:
    kept = (snapshot for snapshot in state_of(table).snapshots if snapshot.snapshot_id not in expired)
    committed = (value for name, value in table.properties.items() if name.startswith(COMMITTED))
    return {key[:FOLDER_DIGITS] for key in (*(summary_of(snapshot).get(KEY_PROPERTY, "") for snapshot in kept), *committed)}


def _sweepable(
    listed: Collection[StoredObject], kept: Collection[str], protected: Collection[str], until: datetime
) -> Iterator[StoredObject]:
    for entry in listed:
        if entry.path not in kept and entry.modified < until and publication_of(entry.path) not in protected:
            yield entry


def _is_needed(lake: Lake, path: str, keys: Collection[str]) -> bool:
    return read_record(lake.store, path).report.key[:FOLDER_DIGITS] in keys


def _page_key(path: str) -> str:
    return path.rpartition("/")[2][:FOLDER_DIGITS]


def _remove(lake: Lake, entries: Iterable[StoredObject], report: GcReport) -> None:
    for entry in entries:
        if not report.dry_run:
            lake.store.delete(entry.path)
        report.removed[entry.path] = entry.size


def _drop_stale_leases(lake: Lake, report: GcReport) -> None:
    for lease in lake.leases.leases():
        if lease.expires_in_s <= 0 or is_dead(lease.holder):
            report.leases.append(f"{lease.scope} ({lease.part}), stage key {lease.key[:16]}, held by {lease.holder}")
            if not report.dry_run:
                lake.leases.drop(lease)


def _end_old_uploads(lake: Lake, until: datetime, report: GcReport) -> None:
    if lake.store.is_local:
        return
    for uri, upload, begun in unfinished_uploads(f"{lake.store.root}/"):
        if begun < until:
            report.uploads.append(uri)
            if not report.dry_run:
                end_upload(uri, upload)
