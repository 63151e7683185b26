"""Find whether a publication stands in a table: under its own key, or made again under another of the same work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lake.digests import FOLDER_DIGITS, is_same_work
from lake.errors import MissingTableError
from lake.lake import Lake
from lake.publishing.parts import part_name
from lake.publishing.records import records_of
from lake.publishing.snapshots import KEY_PROPERTY, MODE_PROPERTY, PART_PROPERTY, history, summary_of
from lake.storage.live_files import live_files
from lake.storage.table_states import TableState

COMMITTED = "centrepiece.committed."
"""Before a part's name: the key of the publication that a table's part holds."""
REDONE = "centrepiece.redone."
"""Before the folder of a publication that was appended: the key under which it was made again, or taken away."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A publication that is visible."""

    snapshot_id: int
    key: str  # under which it was published


def standing(lake: Lake, key: str, table: str, part: Mapping[str, str]) -> Standing | None:
    """Return where the work of a stage key is visible in a table, whether it was made again since or not; None where it is not.

    A replaced part is visible until another publication writes into it; what was appended, until its files go.

    Args:
        lake: Where it would be.
        key: The stage key, 64 hexadecimal characters.
        table: Its name.
        part: Partition column to value; `{}` is the whole table.
    """
    try:
        loaded = lake.state(table)
    except MissingTableError:
        return None
    return _found(lake, loaded, key, part, is_same_work, tried_before=True)


def standing_in(lake: Lake, table: TableState, key: str, part: Mapping[str, str], *, tried_before: bool) -> Standing | None:
    """Return where a publication is visible in a loaded table under exactly this key; None where it is not.

    Args:
        lake: Whose table.
        table: Loaded.
        key: The stage key.
        part: Partition column to value; `{}` is the whole table.
        tried_before: Whether an earlier run may have committed it.
    """
    return _found(lake, table, key, part, str.__eq__, tried_before=tried_before)


def _found(
    lake: Lake, table: TableState, key: str, part: Mapping[str, str], fits: Callable[[str, str], bool], *, tried_before: bool
) -> Standing | None:
    current = table.current_snapshot()
    if current is None:
        return None
    held = table.properties.get(f"{COMMITTED}{part_name(part)}", "")
    if held and fits(held, key):
        return Standing(current.snapshot_id, held)
    again = table.properties.get(f"{REDONE}{key[:FOLDER_DIGITS]}", key)
    if not is_same_work(again, key):
        return None
    for snapshot in history(table):
        summary = summary_of(snapshot)
        appended = summary.get(KEY_PROPERTY, "")
        if fits(appended, key) and (summary.get(MODE_PROPERTY), summary.get(PART_PROPERTY)) == ("append", part_name(part)):
            return Standing(current.snapshot_id, appended)
    for one in {key, again} if fits(again, key) else {key}:
        if tried_before and _appended_once(lake, table, one, part):
            return Standing(current.snapshot_id, one)
    return None


def _appended_once(lake: Lake, table: TableState, key: str, part: Mapping[str, str]) -> bool:
    # The snapshot of an append may have expired; what it appended has not, and its record says which files these are.
    name = table.name
    appended = [
        {receipt.path for receipt in output.receipts}
        for record in records_of(lake.store, key)
        for output in record.outputs
        if (output.table, output.part, output.mode) == (name, dict(part), "append") and output.receipts
    ]
    if not appended:
        return False
    live = {file.path for file in live_files(lake.store, table, part, table.current_snapshot_id or 0)}
    return any(paths <= live for paths in appended)
