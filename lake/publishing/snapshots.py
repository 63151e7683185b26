"""Find the snapshot that `as of` means: of one table, or the state of all tables of a lake."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from lake.errors import InputError
from lake.publishing.content import EMPTY_CONTENT
from lake.storage.table_states import KeptSnapshot, TableState

AsOf = int | str | datetime | None
"""A snapshot id, a tag or a time (ISO 8601; UTC unless it says otherwise); None is now."""

KEY_PROPERTY = "centrepiece.key"
STAGE_PROPERTY = "centrepiece.stage"
CONTENT_PROPERTY = "centrepiece.content"
PART_PROPERTY = "centrepiece.part"
MODE_PROPERTY = "centrepiece.mode"
COMMIT_PROPERTY = "centrepiece.commit"
_UNTIL = "centrepiece.newest-until."
"""Before a snapshot's id, or 0 for before the first one: when its successor, which has expired, was committed, in ms."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a table."""

    snapshot_id: int
    content: str  # digest over all live files; equal rows, written alike, have equal content on every store
    key: str  # stage key of the publication that made it
    committed_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Pins:
    """Tables that stand still for their readers, each at a snapshot; those without one had not been published by then."""

    as_of: AsOf
    tables: Collection[str] = ()
    snapshots: Mapping[str, int] = field(default_factory=dict)
    expired: Mapping[str, str] = field(default_factory=dict)  # why a table cannot be read as of then
    loaded: Mapping[str, TableState] = field(default_factory=dict, repr=False, compare=False)  # as they were when they were pinned


NOT_PINNED = Pins(None)


def snapshot_of(table: TableState, snapshot: KeptSnapshot) -> Snapshot:
    """Return what a table says of one of its snapshots."""
    return Snapshot(
        snapshot.snapshot_id,
        summary_of(snapshot).get(CONTENT_PROPERTY, EMPTY_CONTENT),
        summary_of(snapshot).get(KEY_PROPERTY, ""),
        datetime.fromtimestamp(commit_times(table)[snapshot.snapshot_id] / 1000, UTC),
    )


def summary_of(snapshot: KeptSnapshot) -> Mapping[str, str]:
    """Return what a snapshot's summary says: the properties that its publication put there among it."""
    return snapshot.summary


def history(table: TableState) -> list[KeptSnapshot]:
    """Return the snapshots of a table that are kept, newest first; tables have one branch, so these are all of them."""
    return sorted(table.snapshots, key=lambda snapshot: snapshot.sequence_number, reverse=True)


def commit_times(table: TableState) -> dict[int, int]:
    """Return when each kept snapshot was committed, in milliseconds since 1970, by its id.

    None is earlier than the one before it: where the clock was set back, a snapshot counts as of its predecessor's time.
    """
    ordered = history(table)[::-1]
    return dict(zip((one.snapshot_id for one in ordered), accumulate((one.timestamp_ms for one in ordered), max), strict=True))


def replacement_times(table: TableState) -> dict[int, int]:
    """Return until when each kept snapshot but the newest was the newest, in milliseconds since 1970, by its id."""
    ordered, times = history(table)[::-1], commit_times(table)
    return {one.snapshot_id: times[after.snapshot_id] for one, after in pairwise(ordered)}


def tags(table: TableState) -> dict[str, int]:
    """Return the snapshot ids of a table's tags, by tag."""
    return dict(table.tags)


def resolve(table: TableState, as_of: AsOf) -> KeptSnapshot | None:
    """Return the snapshot that `as_of` means; None where the table had none by then.

    Args:
        table: Loaded.
        as_of: See `AsOf`.

    Raises:
        InputError: `as_of` is neither a snapshot id nor a tag of the table nor a time, or that snapshot has expired.
    """
    if as_of is None:
        return table.current_snapshot()
    if (named := _named(table, as_of)) is not None:
        return named
    if isinstance(as_of, int) or (isinstance(as_of, str) and _is_id(as_of)):
        raise InputError(f"table {table.name!r} has no snapshot {as_of}, or it has expired; {_known(table)}")
    try:
        return _newest(table, _milliseconds(_time(as_of)))
    except ValueError:
        raise InputError(
            f"as of {as_of!r}: expected a snapshot id, a tag or a time such as 2026-01-31T04:00 of table {table.name!r}; {_known(table)}"
        ) from None


def state(tables: Mapping[str, TableState], as_of: AsOf) -> Pins:
    """Return the snapshot of each table in one state of all.

    A snapshot id, or a tag, belongs to one table, or a tag to several: these are at theirs, and the others are as they
    were when the last of these was committed.

    Args:
        tables: By name; all of a lake, for what an id or a tag belongs to is looked for among them.
        as_of: See `AsOf`.

    Raises:
        InputError: `as_of` is neither a snapshot id nor a tag of any table nor a time.
    """
    if as_of is None:
        current = {name: table.current_snapshot_id for name, table in tables.items()}
        return Pins(as_of, frozenset(tables), {name: snapshot_id for name, snapshot_id in current.items() if snapshot_id is not None})
    named = {name: snapshot for name, table in tables.items() if (snapshot := _named(table, as_of)) is not None}
    if named:
        moment = max(commit_times(tables[name])[snapshot.snapshot_id] for name, snapshot in named.items())
    else:
        try:
            moment = _milliseconds(_time(as_of))
        except ValueError:
            known = {name: sorted(tags(table)) for name, table in tables.items() if tags(table)}
            raise InputError(
                f"as of {as_of!r}: expected a snapshot id or a tag of a table, or a time such as 2026-01-31T04:00; the tags are {known}"
            ) from None
    found = {name: snapshot.snapshot_id for name, snapshot in named.items()}
    expired = {}
    for name, table in tables.items():
        try:
            if name not in named and (snapshot := _newest(table, moment)) is not None:
                found[name] = snapshot.snapshot_id
        except InputError as error:  # of no concern to who does not read this table
            expired[name] = str(error)
    return Pins(as_of, frozenset(tables), found, expired)


def newest_until(table: TableState, expiring: Collection[int]) -> dict[str, str]:
    """Return the properties that a table needs before snapshots expire: until when what is kept before each was the newest.

    Without them nobody could tell later whether a time between two kept snapshots means the earlier one.

    Args:
        table: Loaded, before they expire.
        expiring: Ids of the snapshots that are about to expire.
    """
    ordered = history(table)[::-1]
    before = {s.sequence_number: s.snapshot_id for s in ordered}
    found = {}
    for snapshot in ordered:
        previous = before.get(snapshot.sequence_number - 1, 0)
        if snapshot.snapshot_id in expiring and previous not in expiring and (previous or snapshot.sequence_number == 1):
            found[f"{_UNTIL}{previous}"] = str(snapshot.timestamp_ms)
    return found


def _named(table: TableState, as_of: AsOf) -> KeptSnapshot | None:
    if isinstance(as_of, str):
        if as_of in tags(table):
            return table.snapshot(table.tags[as_of])
        as_of = int(as_of) if _is_id(as_of) else None
    return table.snapshot(as_of) if isinstance(as_of, int) else None


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) > 8  # a date may be written in eight digits


def _time(as_of: AsOf) -> datetime:
    if isinstance(as_of, datetime):
        return as_of
    if isinstance(as_of, int) or _is_id(str(as_of)):
        raise ValueError(as_of)
    return datetime.fromisoformat(str(as_of))


def _newest(table: TableState, moment: int) -> KeptSnapshot | None:
    """Return the newest snapshot by a moment, in milliseconds since 1970."""
    kept, times = history(table), commit_times(table)
    found = next((index for index, snapshot in enumerate(kept) if times[snapshot.snapshot_id] <= moment), len(kept))
    snapshot = kept[found] if found < len(kept) else None
    if snapshot is not None and times[snapshot.snapshot_id] == moment:
        return snapshot
    # Every commit counts the sequence up by one: in a gap after what is found lies what may have been the newest then.
    until = int(table.properties.get(f"{_UNTIL}{snapshot.snapshot_id if snapshot else 0}", 0))
    if moment >= until and found and kept[found - 1].sequence_number > (snapshot.sequence_number if snapshot else 0) + 1:
        when = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
        raise InputError(f"table {table.name!r} cannot be read as of {when}: its snapshots of that time have expired; {_known(table)}")
    return snapshot


def _milliseconds(time: datetime) -> int:
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _known(table: TableState) -> str:
    newest = [str(snapshot.snapshot_id) for snapshot in history(table)[:5]]
    return f"its tags are {sorted(tags(table))}, its newest snapshots {newest}"
