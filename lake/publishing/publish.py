"""Publish what a stage wrote: check its counts, then make its files visible in all its tables, exactly once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lake.digests import StageKey
from lake.errors import ConservationError, ContractError, PublishError
from lake.lake import Lake
from lake.publishing.parts import checked_part, part_name
from lake.publishing.provenance import code_commit
from lake.publishing.records import PublicationRecord, RecordedOutput, Target, read_record, receipts_of, record_path, write_record
from lake.publishing.shards import Receipt, ShardLocation
from lake.publishing.stage_report import StageReport, check_conservation
from lake.publishing.standing import standing
from lake.reasons import Reason


@dataclass(frozen=True, slots=True)
class Output:
    """What a stage has written for one table.

    `part` is the part of the table that is written, `{}` the whole of it; `replace` puts the receipts' files in the
    place of all files of that part, `append` adds them. Receipts that are None (shards without rows) are left out. Among those
    of a `replace` may be receipts of the part's present files: they stay.
    """

    table: str
    part: Mapping[str, str] = field(default_factory=dict)
    receipts: Sequence[Receipt | None] = ()
    mode: Literal["replace", "append"] = "replace"


def is_committed(lake: Lake, key: str, targets: Iterable[Target]) -> bool:
    """Whether a stage's publication is visible in all its tables, under this key or made again.

    Args:
        lake: Where it would be.
        key: The stage key.
        targets: Every table that the stage writes, with the part it writes there.
    """
    wanted = list(targets)
    if not wanted:
        raise ValueError("is_committed needs at least one (table, part)")
    return all(standing(lake, key, table, part) is not None for table, part in wanted)


def skipped_report(lake: Lake, *, stage: str, key: str, targets: Iterable[Target]) -> StageReport | None:
    """Return the report of a publication that is visible already, marked as skipped; None where it is not.

    Its key is the one under which the last table, the stage's main one, was published.

    Args:
        lake: Where it would be.
        stage: Its name, for messages.
        key: The stage key, 64 hexadecimal characters.
        targets: Every table that the stage writes, with the part it writes there.
    """
    wanted = [(table, checked_part(table, part)) for table, part in targets]
    found = {table: standing(lake, key, table, part) for table, part in wanted}
    visible = {table: one for table, one in found.items() if one is not None}
    if not wanted or len(visible) < len(found):
        return None
    snapshots = {table: one.snapshot_id for table, one in visible.items()}
    path = record_path(visible[wanted[-1][0]].key, wanted)
    if not lake.store.exists(path):
        raise PublishError(
            f"stage {stage!r} is committed under key {key[:16]}, but its record {lake.store.uri(path)} is gone; "
            "restore it, or `centrepiece doctor` says what else is missing"
        )
    return replace(read_record(lake.store, path).report, skipped=True, snapshots=snapshots, seconds=0.0)


def publish_stage(
    lake: Lake,
    *,
    stage: str,
    key: str,
    rows_in: int,
    rows_out: int,
    rejected: Mapping[str, int],
    outputs: Sequence[Output],
    seconds: float = 0.0,
    details: Mapping[str, Any] | None = None,
    instead_of: str = "",
) -> StageReport:
    """Check a stage's counts and make its outputs visible, each table in one snapshot, each exactly once.

    Rejects come first and the last output, the stage's main table, last: who sees the main table sees all of it.
    A run that is killed in between is completed by the next run with the same key.

    Args:
        lake: Where to publish.
        stage: The stage's name.
        key: Its stage key.
        rows_in: Rows that the stage read.
        rows_out: Rows that it kept.
        rejected: Rows that it did not keep, by reason.
        outputs: What it wrote, the main table last.
        seconds: How long it took.
        details: JSON values for the report.
        instead_of: Key of a publication, appended before, whose files go in the same snapshot.

    Raises:
        EmptyCheckError: The stage read no rows.
        ConservationError: Rows in differ from rows out plus rejects, or the rejects table holds other rows.
        ContractError: A reason is not on the list, or a receipt belongs to another table, key or part, and is none of the files
            that the replaced part holds.
        PublishError: A commit was refused, or a file differs from its receipt.
        LeaseLostError: Another run has taken over the right to publish, or a later one has published already.
    """
    from lake.publishing.commits import Committer, commit_output

    check_conservation(stage, rows_in=rows_in, rows_out=rows_out, rejected=rejected)
    recorded = [_recorded(lake, key, output) for output in outputs]
    if not recorded:
        raise ValueError(f"stage {stage!r} publishes to no table")
    _check_rejects(stage, rejected, recorded)
    counts = {str(reason): count for reason, count in rejected.items()}
    report = StageReport(stage, key, False, rows_in, rows_out, counts, {}, seconds, dict(details or {}))
    preimage = key.preimage if isinstance(key, StageKey) else {}
    record = PublicationRecord(report, recorded, preimage, code_commit())
    tried_before = write_record(lake.store, record)
    committer = Committer(lake, stage, key, record.commit, tried_before, instead_of)
    ordered = sorted(recorded, key=lambda output: output.table != "rejects")
    outcomes = {output.table: commit_output(committer, output) for output in ordered}
    for output in recorded:
        lake.leases.release(lake.scope(output.table), part_name(output.part), key)
    snapshots = {table: snapshot for table, (snapshot, _) in outcomes.items()}
    return replace(report, snapshots=snapshots, skipped=not any(committed for _, committed in outcomes.values()))


def _recorded(lake: Lake, key: str, output: Output) -> RecordedOutput:
    part = checked_part(output.table, output.part)
    folder = ShardLocation(lake.store, output.table, key, part).folder
    receipts = tuple(receipt for receipt in output.receipts if receipt is not None)
    paths = [receipt.path for receipt in receipts]
    if strangers := _strangers(lake, output, [receipt for receipt in receipts if not receipt.path.startswith(f"{folder}/")]):
        raise ContractError(f"receipts of table {output.table!r} lie outside {folder!r}: {strangers[:3]}")
    if len(set(paths)) != len(paths):
        raise ContractError(f"two receipts of table {output.table!r} name one file; shards need distinct names")
    for receipt in receipts:
        if any(receipt.part.get(column) != value for column, value in part.items()):
            raise ContractError(f"shard {receipt.path!r} holds part {dict(receipt.part)}, expected {part}")
    return RecordedOutput(output.table, part, output.mode, tuple(sorted(receipts, key=lambda r: r.path)))


def _strangers(lake: Lake, output: Output, receipts: Sequence[Receipt]) -> list[str]:
    """Return the paths of receipts from elsewhere that are none of the part's own files."""
    if not receipts:
        return []
    known = receipts_of(lake.store, (receipt.path for receipt in receipts)) if output.mode == "replace" else {}
    present = {file.path for file in lake.files(output.table, part=output.part)} if known else set()
    return [receipt.path for receipt in receipts if receipt.path not in present or known.get(receipt.path) != receipt]


def _check_rejects(stage: str, rejected: Mapping[str, int], outputs: Sequence[RecordedOutput]) -> None:
    known = {reason.value for reason in Reason}
    if unknown := sorted(str(reason) for reason in rejected if str(reason) not in known):
        raise ContractError(f"stage {stage!r} rejects for {unknown}, which lake/reasons.py does not list")
    published = sum(receipt.rows for output in outputs if output.table == "rejects" for receipt in output.receipts)
    if published != sum(rejected.values()):
        raise ConservationError(
            f"stage {stage!r} counts {sum(rejected.values()):,} rejects and publishes {published:,} of them; nothing was published"
        )
