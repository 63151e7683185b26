"""Find what is wrong with a store, its catalog and its tables, and say how to mend it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.errors import CentrepieceError, MissingTableError
from lake.lake import Lake, open_lake
from lake.maintenance.rebuilding import REBUILD, lost_tables
from lake.maintenance.references import References, references
from lake.maintenance.relocation import moved_from
from lake.model_files import MODELS_FOLDER, missing_weights, registered_weights, unregistered_files
from lake.ownership import check_owner
from lake.publishing.content import EMPTY_CONTENT, changed_content, file_identity
from lake.publishing.mends import mends_of
from lake.publishing.processes import is_dead
from lake.publishing.records import publication_of, receipts_of, records_of
from lake.publishing.shards import Receipt
from lake.publishing.snapshots import CONTENT_PROPERTY, summary_of
from lake.storage.data_files import DataFile
from lake.storage.iceberg_tables import state_of
from lake.storage.live_files import live_files
from lake.storage.object_storage import unfinished_uploads
from lake.storage.table_states import TableState
from lake.withdrawals import WITHDRAWALS

Level = Literal["fault", "note", "good"]
EXAMPLES = 5
"""Names that a message gives of many."""
_CHUNK = 8 << 20
_TOLD = ("instances", "plan", "crops")
"""Tables whose stage may have had something to say."""
_AGAIN = "restore the files from a backup, or run the pipeline into a new store"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an examination found, good or bad."""

    level: Level
    what: str  # store, catalog, or the table's name
    message: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return asdict(self)


def examine(pipeline: Pipeline, *, verify: bool = False) -> list[Finding]:
    """Examine the store, the catalog and every table of a pipeline; changes nothing.

    Args:
        pipeline: Whose lake.
        verify: Read every live file and compare its sha-256 with the one on record.
    """
    try:
        lake = open_lake(pipeline)
    except CentrepieceError as error:
        return [Finding("fault", "catalog", f"the lake cannot be opened: {error}", "check `store` and `catalog`")]
    return [*_examine_owner(lake, pipeline), *examine_lake(lake, verify=verify)]


def _examine_owner(lake: Lake, pipeline: Pipeline) -> Iterator[Finding]:
    try:
        check_owner(lake.store, pipeline)
    except CentrepieceError as error:
        yield Finding("fault", "store", str(error), "see the message")


def examine_lake(lake: Lake, *, verify: bool = False) -> Iterator[Finding]:
    """Examine an open lake; see `examine`.

    Args:
        lake: Whose store, catalog and tables.
        verify: Read every live file and compare its sha-256 with the one on record.
    """
    before = moved_from(lake)
    if before is not None:
        mend = "`centrepiece doctor --relocate` makes the tables name the files where they are now"
        yield Finding("fault", "store", f"the store was moved from {before!r} to {lake.store.root!r}", mend)
        return
    yield Finding("good", "store", f"{lake.store.root} can be read")
    yield from _stale_leases(lake)
    yield from _unfinished(lake)
    lost = lost_tables(lake)
    for table, metadata in lost.items():
        yield Finding(
            "fault", table, f"the catalog does not know it as it lies in the store ({metadata.path})", f"restore it, or {REBUILD}"
        )
    for table in TABLES:
        if table in lost:
            continue
        try:
            yield from _examine_table(lake, table, verify)
        except MissingTableError:
            yield from _orphans(lake, table, frozenset())
            if table != WITHDRAWALS:  # most lakes have none
                yield Finding("note", table, "has not been published yet", "run the stage that writes it")
        except CentrepieceError as error:
            yield Finding("fault", table, str(error), "see the message")
        except FileNotFoundError as error:
            yield Finding("fault", table, f"a metadata file is gone: {error}", "restore it from a backup of the store")


def _examine_models(lake: Lake, verify: bool) -> Iterator[Finding]:
    gone, known = missing_weights(lake), registered_weights(lake)
    changed = [path for path, sha256 in known.items() if verify and _sha256(lake, path) != sha256]
    mend = "restore them from a backup; else `centrepiece rollback` if one is the champion, and fit with another `training.seed`"
    if gone:
        yield Finding("fault", MODELS_FOLDER, f"weights of registered models are gone: {_some(gone)}", mend)
    if changed:
        yield Finding("fault", MODELS_FOLDER, f"weights differ from what was registered: {_some(changed)}", mend)
    if known and not gone and not changed:
        told = ", every sha-256 as registered" if verify else ""
        yield Finding("good", MODELS_FOLDER, f"{len(known):,} models with their weights{told}")


def _examine_table(lake: Lake, name: str, verify: bool) -> Iterator[Finding]:
    table = lake.table(name)
    described = state_of(table)
    current = described.current_snapshot()
    if current is None:
        raise MissingTableError(name)
    found = references(lake, table)
    files = live_files(lake.store, described, {}, current.snapshot_id)
    receipts = receipts_of(lake.store, found.live)
    sizes = {entry.path: entry.size for entry in lake.store.entries(f"tables/{name}")}
    faults = [*_file_faults(name, found, sizes), *_record_faults(name, described, files, receipts)]
    if verify and not faults:
        faults = list(_digest_faults(lake, name, receipts))
    yield from faults
    yield from _earlier_losses(name, found, sizes)
    yield from _orphans(lake, name, found.kept.keys() | found.metadata)
    if name == MODELS_FOLDER:
        yield from _examine_models(lake, verify)
    records = records_of(lake.store, lake.snapshot(name).key) if name in _TOLD else []
    yield from (Finding("note", name, note) for record in records for note in record.report.notes)
    if not faults:
        rows, told = sum(file.rows for file in files), ", every sha-256 as on record" if verify else ""
        snapshots = len(described.snapshots)
        yield Finding("good", name, f"{rows:,} rows in {len(files):,} files, {snapshots:,} snapshots{told}")


def _file_faults(name: str, found: References, sizes: Mapping[str, int]) -> Iterator[Finding]:
    missing = sorted(path for path in found.live.keys() | found.metadata if path not in sizes)
    resized = sorted(path for path, file in found.live.items() if sizes.get(path, file.file_size_in_bytes) != file.file_size_in_bytes)
    if missing:
        yield Finding("fault", name, f"files that its newest snapshot or metadata name are gone: {_some(missing)}", _mend(missing))
    if resized:
        yield Finding("fault", name, f"files differ in size from what was published: {_some(resized)}", _mend(resized))


def _earlier_losses(name: str, found: References, sizes: Mapping[str, int]) -> Iterator[Finding]:
    earlier = {path: file for path, file in found.kept.items() if path not in found.live}
    lost = sorted(path for path, file in earlier.items() if sizes.get(path) != file.file_size_in_bytes)
    if lost:
        message = f"earlier snapshots alone name {_some(lost)}, gone or of another size: as of then it cannot be read"
        yield Finding("note", name, message, "restore them from a backup, or `centrepiece gc` forgets these snapshots, unless tagged")


def _record_faults(name: str, table: TableState, files: list[DataFile], receipts: dict[str, Receipt]) -> Iterator[Finding]:
    unrecorded = sorted(file.path for file in files if file.path not in receipts)
    if unrecorded:
        yield Finding("fault", name, f"no record holds the sha-256 of {_some(unrecorded)}", "restore publications/")
        return
    identities = (file_identity(file.part, file.rows, receipts[file.path].sha256) for file in files)
    current = table.current_snapshot()
    counted, said = changed_content(EMPTY_CONTENT, added=identities), summary_of(current).get(CONTENT_PROPERTY) if current else None
    if counted != said:
        message = f"its content digest is {counted[:16]} by its files and {str(said)[:16]} by its newest snapshot"
        yield Finding("fault", name, message, "something else than centrepiece has written to the table; " + _AGAIN)


def _digest_faults(lake: Lake, name: str, receipts: dict[str, Receipt]) -> Iterator[Finding]:
    changed = sorted(path for path, receipt in receipts.items() if _sha256(lake, path) != receipt.sha256)
    if changed:
        yield Finding("fault", name, f"bytes differ from what was published: {_some(changed)}", _mend(changed))


def _mend(files: Iterable[str]) -> str:
    again = mends_of(path for path in files if publication_of(path) != "metadata")
    return f"make them again: {again}; else {_AGAIN}" if again else _AGAIN


def _sha256(lake: Lake, path: str) -> str:
    digest = hashlib.sha256()
    with lake.store.open_input(path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _orphans(lake: Lake, name: str, known: Iterable[str]) -> Iterator[Finding]:
    named = set(known)
    orphans = [path for path in lake.store.list(f"tables/{name}") if path not in named]
    if orphans:
        message = f"no snapshot names {_some(orphans)}: of a run that was killed or is still at work, or of an expired snapshot"
        yield Finding("note", name, message, "`centrepiece gc` removes them once they are a day old")
    if name == MODELS_FOLDER and (strangers := unregistered_files(lake)):
        message = f"no registered model has {_some(strangers)}: a fit that was killed before it published, or one at work"
        yield Finding("note", name, message, "the next `centrepiece fit` of the same crops and settings registers them, else delete them")


def _stale_leases(lake: Lake) -> Iterator[Finding]:
    for lease in lake.leases.leases():
        held = f"the lease of stage key {lease.key[:16]} on {lease.scope} ({lease.part}) is held by {lease.holder}"
        if lease.expires_in_s <= 0 or is_dead(lease.holder):
            mend = "the next run takes it over by itself; `centrepiece gc` drops it"
            yield Finding("note", "catalog", f"{held}, which has ended or does not renew it", mend)
        else:
            yield Finding("note", "catalog", f"{held}, which is at work", "nothing to do")


def _unfinished(lake: Lake) -> Iterator[Finding]:
    paths = [entry.path for entry in lake.store.entries("tables", unfinished=True)]
    if not lake.store.is_local:
        paths = [uri for uri, _, _ in unfinished_uploads(f"{lake.store.root}/")]
    if paths:
        message = f"writes that were begun and not finished: {_some(paths)}"
        yield Finding("note", "store", message, "`centrepiece gc` removes them once they are a day old")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return f"{len(names):,} files ({', '.join(names[:EXAMPLES])}{more})"
