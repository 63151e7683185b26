"""A table and an `as of` in, the snapshot it means out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.table import Table
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot

from lake.content import EMPTY_CONTENT
from lake.errors import InputError

AsOf = int | str | datetime | None
"""A snapshot id, a tag or a time (ISO 8601; UTC unless it says otherwise); None is now."""

KEY = "centrepiece.key"
STAGE = "centrepiece.stage"
CONTENT = "centrepiece.content"
PART = "centrepiece.part"
MODE = "centrepiece.mode"
COMMIT = "centrepiece.commit"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a table."""

    snapshot_id: int
    content: str  # digest over all live files; equal rows, written alike, have equal content on every store
    key: str  # stage key of the publication that made it
    committed_at: datetime  # UTC


def described(snapshot: IcebergSnapshot) -> Snapshot:
    """Return what a snapshot's summary says of it."""
    return Snapshot(
        snapshot.snapshot_id,
        summary_of(snapshot).get(CONTENT, EMPTY_CONTENT),
        summary_of(snapshot).get(KEY, ""),
        datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC),
    )


def summary_of(snapshot: IcebergSnapshot) -> dict[str, str]:
    """Return the properties that a publication put into a snapshot's summary."""
    return snapshot.summary.additional_properties if snapshot.summary else {}


def history(table: Table) -> list[IcebergSnapshot]:
    """Return the snapshots of a table that are kept, newest first; tables have one branch, so these are all of them."""
    return sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0, reverse=True)


def tags(table: Table) -> dict[str, int]:
    """Return the snapshot ids of a table's tags, by tag."""
    references = table.metadata.refs.items()
    return {name: ref.snapshot_id for name, ref in references if ref.snapshot_ref_type == SnapshotRefType.TAG}


def resolve(table: Table, as_of: AsOf) -> IcebergSnapshot | None:
    """Return the snapshot that `as_of` means; None where the table had none by then.

    Raises:
        InputError: `as_of` is neither a snapshot id nor a tag of the table nor a time, or that snapshot has expired.
    """
    if as_of is None:
        return table.current_snapshot()
    if isinstance(as_of, str):
        if as_of != MAIN_BRANCH and as_of in table.metadata.refs:
            return table.snapshot_by_name(as_of)
        as_of = int(as_of) if as_of.isdecimal() and len(as_of) > 8 else _time(table, as_of)
    if isinstance(as_of, datetime):
        until = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        return next((s for s in history(table) if s.timestamp_ms <= until.timestamp() * 1000), None)
    snapshot = table.snapshot_by_id(as_of)
    if snapshot is None:
        raise InputError(f"table {table.name()[-1]!r} has no snapshot {as_of}, or it has expired; {_known(table)}")
    return snapshot


def _time(table: Table, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"as of {text!r}: expected a snapshot id, a tag or a time such as 2026-01-31T04:00 of table "
            f"{table.name()[-1]!r}; {_known(table)}"
        ) from None


def _known(table: Table) -> str:
    newest = [str(snapshot.snapshot_id) for snapshot in history(table)[:5]]
    return f"its tags are {sorted(tags(table))}, its newest snapshots {newest}"
