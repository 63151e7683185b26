"""Commit new files to a part of a table: in one Iceberg snapshot, exactly once, or not at all.

Every attempt starts from the table as it is: it looks for the stage key, counts the content again and commits
against that state alone, so a commit that another one overtook, or whose outcome is unknown, is never applied twice.
"""

import logging
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table, Transaction
from sqlalchemy.exc import SQLAlchemyError

from lake.digests import FOLDER_DIGITS
from lake.errors import ContractError, LeaseLostError, PublishError
from lake.lake import Lake
from lake.publishing.commit_lock import commit_lock
from lake.publishing.content import EMPTY_CONTENT, changed_content, file_identity
from lake.publishing.leases import Lease
from lake.publishing.parts import overlap, part_name, part_of
from lake.publishing.producers import PublishingTransaction, addition, replacement
from lake.publishing.records import RecordedOutput, publication_of
from lake.publishing.shards import Receipt
from lake.publishing.snapshots import (
    COMMIT_PROPERTY,
    CONTENT_PROPERTY,
    KEY_PROPERTY,
    MODE_PROPERTY,
    PART_PROPERTY,
    STAGE_PROPERTY,
    summary_of,
)
from lake.publishing.standing import COMMITTED, REDONE, standing_in
from lake.storage.catalogs import ensure_table
from lake.storage.data_files import DataFile
from lake.storage.iceberg_tables import file_filter, planned_files, state_of

ATTEMPTS = 100
PATIENCE = 5
"""Attempts whose outcome was unknown, or whose services did not answer, before the run gives up."""
LONGEST_WAIT_S = 2.0
FOOTER_READERS = 8
_FENCE = "centrepiece.fence."

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Committer:
    """Who commits: what every snapshot of one publication says of itself."""

    lake: Lake
    stage: str
    key: str
    commit: str  # of the code
    tried_before: bool  # an earlier run may have committed some of it
    instead_of: str = ""  # key of the publication, appended before, whose files go
    waits: random.Random = field(default_factory=random.Random)  # spreads retries; no result depends on it


def highest_fence(table: Table) -> int:
    """Return the highest token under which a table has been published to; 0 where it never was."""
    return max((int(value) for name, value in table.properties.items() if name.startswith(_FENCE)), default=0)


def commit_output(committer: Committer, output: RecordedOutput) -> tuple[int, bool]:
    """Make one output visible, exactly once.

    Args:
        committer: Which publication it belongs to.
        output: The files that are written already, and whether they replace the part or are added to it; those that stand in a
            part that is replaced stay.

    Returns:
        The snapshot in which it is visible, and whether this call committed it.

    Raises:
        PublishError: A file differs from its receipt, or no attempt went through.
        ContractError: A file does not fit the table's schema.
        LeaseLostError: Another run has taken the lease over, or one that began later has published already.
    """
    lake = committer.lake
    lease: Lease | None = None
    files: dict[str, IcebergFile] = {}
    for attempt in range(ATTEMPTS):
        try:
            with commit_lock(lake.database_url, lake.scope(output.table)):
                table = ensure_table(lake.store, lake.catalog, lake.namespace, output.table)
                found = standing_in(lake, state_of(table), committer.key, output.part, tried_before=committer.tried_before)
                if found is not None:
                    return found.snapshot_id, False
                lease = lease or lake.leases.confirm(lake.scope(output.table), part_name(output.part), committer.key)
                _refuse_overtaken(table, output, committer.key, lease.token)
                return _commit_once(committer, table, output, files, lease.token), True
        except (CommitFailedException, ValidationException) as error:
            _LOGGER.info("commit of %s was overtaken (attempt %d): %s", output.table, attempt + 1, error)
        except (CommitStateUnknownException, SQLAlchemyError, OSError) as error:
            _LOGGER.warning("outcome of a commit of %s is unknown, looking for its key: %s", output.table, error)
            if attempt >= PATIENCE:
                raise PublishError(f"cannot commit to table {output.table!r}: {error}; run the stage again") from error
        time.sleep(committer.waits.uniform(0, min(LONGEST_WAIT_S, 0.02 * 2**attempt)))
    raise PublishError(
        f"table {output.table!r}: {ATTEMPTS} attempts to commit were overtaken by others; run the stage again, its files are kept"
    )


def _commit_once(committer: Committer, table: Table, output: RecordedOutput, files: dict[str, IcebergFile], token: int) -> int:
    lake = committer.lake
    standing = _replaced(committer, table, output)
    kept = {ours.path for ours, _ in standing} & {receipt.path for receipt in output.receipts}
    replaced = [pair for pair in standing if pair[0].path not in kept]
    new = [receipt for receipt in output.receipts if receipt.path not in kept]
    _read_footers(lake, table, new, files)
    before = _content_of(table)
    added = [file_identity(receipt.part, receipt.rows, receipt.sha256) for receipt in new]
    content = changed_content(before, added=added, removed=lake.identities([ours for ours, _ in replaced]))
    summary = {
        KEY_PROPERTY: committer.key,
        STAGE_PROPERTY: committer.stage,
        CONTENT_PROPERTY: content,
        PART_PROPERTY: part_name(output.part),
        MODE_PROPERTY: output.mode,
        COMMIT_PROPERTY: committer.commit,
    }
    transaction = PublishingTransaction(table)
    _mark_committed(transaction, table, output, committer, token)
    with (replacement if replaced or output.mode == "replace" else addition)(transaction, summary) as producer:
        if replaced and output.mode == "replace":
            producer.delete_by_predicate(file_filter(output.part))
        for _, theirs in replaced:
            producer.delete_data_file(theirs)
        for receipt in new:
            producer.append_data_file(files[receipt.path])
        snapshot_id = producer.snapshot_id
    transaction.commit_transaction()
    return snapshot_id


def _content_of(table: Table) -> str:
    current = state_of(table).current_snapshot()
    return summary_of(current).get(CONTENT_PROPERTY, EMPTY_CONTENT) if current else EMPTY_CONTENT


def _replaced(committer: Committer, table: Table, output: RecordedOutput) -> list[tuple[DataFile, IcebergFile]]:
    current = table.current_snapshot()
    if current is None or (output.mode == "append" and not committer.instead_of):
        return []
    standing = planned_files(committer.lake.store, table, output.part, current.snapshot_id)
    if output.mode == "replace":
        return standing
    return [pair for pair in standing if publication_of(pair[0].path) == committer.instead_of[:FOLDER_DIGITS]]


def _mark_committed(transaction: Transaction, table: Table, output: RecordedOutput, committer: Committer, token: int) -> None:
    # What was the newest publication of an overlapping part is not any more what that part holds.
    overlapping = [
        name
        for name in table.properties
        for kind in (COMMITTED, _FENCE)
        if name.startswith(kind) and overlap(part_of(name.removeprefix(kind)), output.part)
    ]
    if output.mode == "append":
        own = {f"{REDONE}{committer.instead_of[:FOLDER_DIGITS]}": committer.key} if committer.instead_of else {}
        taken_away = f"{REDONE}{committer.key[:FOLDER_DIGITS]}"
        overlapping = [name for name in table.properties if name == taken_away or (name in overlapping and name.startswith(COMMITTED))]
    else:
        own = {_property(COMMITTED, output.part): committer.key, _property(_FENCE, output.part): str(token)}
    if stale := [name for name in overlapping if name not in own]:
        transaction.remove_properties(*stale)
    if own:
        transaction.set_properties(own)


def _refuse_overtaken(table: Table, output: RecordedOutput, key: str, token: int) -> None:
    if output.mode == "append":
        return
    for name, value in table.properties.items():
        part = part_of(name.removeprefix(_FENCE)) if name.startswith(_FENCE) else None
        if part is not None and overlap(part, output.part) and int(value) > token:
            raise LeaseLostError(
                f"a run that began after this one has published to table {output.table!r} ({part_name(part)}) already; "
                f"what it published stands, and stage key {key[:16]} is not published over it; run the stage again if "
                "its inputs are the newer ones"
            )


def _read_footers(lake: Lake, table: Table, receipts: Sequence[Receipt], files: dict[str, IcebergFile]) -> None:
    """Read what Iceberg wants to know of files, those apart that an earlier attempt has read."""
    unread = [receipt for receipt in receipts if receipt.path not in files]
    with ThreadPoolExecutor(FOOTER_READERS) as readers:
        files.update(zip((r.path for r in unread), readers.map(lambda receipt: _data_file(lake, table, receipt), unread), strict=True))


def _data_file(lake: Lake, table: Table, receipt: Receipt) -> IcebergFile:
    try:
        file = parquet_file_to_data_file(table.io, table.metadata, lake.store.uri(receipt.path))
    except FileNotFoundError:
        raise PublishError(f"shard {receipt.path!r} is not in {lake.store.root!r} any more; run the stage again") from None
    except (ValueError, TypeError) as error:
        raise ContractError(f"shard {receipt.path!r} does not fit table {table.name()[-1]!r}: {error}") from None
    if (file.record_count, file.file_size_in_bytes) != (receipt.rows, receipt.bytes):
        raise PublishError(
            f"shard {receipt.path!r}: its receipt says {receipt.rows:,} rows in {receipt.bytes:,} bytes, the file has "
            f"{file.record_count:,} in {file.file_size_in_bytes:,}; run the stage again"
        )
    return file


def _property(kind: str, part: Mapping[str, str]) -> str:
    return f"{kind}{part_name(part)}"
