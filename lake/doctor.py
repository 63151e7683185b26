"""A pipeline in, what is wrong with its store, its catalog and its tables out, each with the mend."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy.exc import SQLAlchemyError

from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.errors import CentrepieceError, InputError, MissingTableError
from lake.lake import Lake, open_lake
from lake.records import receipts_of
from lake.references import References, references

Level = Literal["fault", "note", "good"]
EXAMPLES = 5
"""Names that a message gives of many."""


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


def examine(pipeline: Pipeline) -> list[Finding]:
    """Examine the store, the catalog and every table of a pipeline; changes nothing."""
    try:
        lake = open_lake(pipeline)
        lake.store.exists("lake.json")
    except (CentrepieceError, OSError, SQLAlchemyError) as error:
        return [Finding("fault", "catalog", f"the lake cannot be opened: {error}", "check `store` and `catalog`")]
    return list(examine_lake(lake))


def examine_lake(lake: Lake) -> Iterator[Finding]:
    """Examine an open lake."""
    yield Finding("good", "store", f"{lake.store.root} can be read")
    for table in TABLES:
        try:
            yield from _examine_table(lake, table)
        except MissingTableError:
            yield Finding("note", table, "has not been published yet", "run the stage that writes it")
        except CentrepieceError as error:
            yield Finding("fault", table, str(error), "see the message")
        except FileNotFoundError as error:
            yield Finding("fault", table, f"a metadata file is gone: {error}", "restore it from a backup of the store")


def _examine_table(lake: Lake, name: str) -> Iterator[Finding]:
    table = lake.table(name)
    found = references(lake, table)
    faults = [*_file_faults(lake, name, found), *_orphans(lake, name, found)]
    yield from faults
    if not any(finding.level == "fault" for finding in faults):
        rows = sum(file.record_count for file in found.live.values())
        yield Finding("good", name, f"{rows:,} rows in {len(found.live):,} files, {len(table.metadata.snapshots):,} snapshots")


def _file_faults(lake: Lake, name: str, found: References) -> Iterator[Finding]:
    missing, resized = [], []
    for path, file in found.kept.items():
        try:
            if lake.store.size(path) != file.file_size_in_bytes:
                resized.append(path)
        except InputError:
            missing.append(path)
    unrecorded = found.live.keys() - receipts_of(lake.store, found.live).keys()
    again = "restore the files from a backup, or run the stage that writes the table into a new store"
    if missing:
        yield Finding("fault", name, f"files that a snapshot names are gone: {_some(missing)}", again)
    if resized:
        yield Finding("fault", name, f"files differ in size from what was published: {_some(resized)}", again)
    if unrecorded:
        yield Finding("fault", name, f"no record holds the sha-256 of {_some(sorted(unrecorded))}", again)


def _orphans(lake: Lake, name: str, found: References) -> Iterator[Finding]:
    known = found.kept.keys() | found.metadata
    orphans = [path for path in lake.store.list(f"tables/{name}") if path not in known]
    if orphans:
        message = f"no snapshot names {_some(orphans)}: a run that was killed, or one that is still at work"
        yield Finding("note", name, message, "`centrepiece gc` removes them")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return f"{len(names):,} files ({', '.join(names[:EXAMPLES])}{more})"
