"""Trace a model or a table back to what it was made from: snapshots, settings, commits, and in the end the exports."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lake.contracts import TABLES
from lake.digests import FOLDER_DIGITS, digest
from lake.errors import InputError, MissingTableError
from lake.lake import Lake
from lake.publishing.parts import part_name
from lake.publishing.records import PublicationRecord, publication_of, records_of
from lake.publishing.snapshots import CONTENT_PROPERTY, AsOf, history, summary_of

LineageKind = Literal["model", "table", "stage", "input"]
_INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Lineage:
    """One thing and what it was made from."""

    kind: LineageKind
    name: str
    details: Mapping[str, Any]
    sources: tuple["Lineage", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the lineage as plain JSON values."""
        return asdict(self)

    def lines(self, indent: int = 0, told_before: set[str] | None = None) -> Iterator[str]:
        """Yield the lineage as text, a line a thing, what it was made from below it; what was told before only by name.

        Args:
            indent: Levels, of two spaces each.
            told_before: Lines that were told already; it is added to.
        """
        before = set() if told_before is None else told_before
        told = ", ".join(f"{key} {value}" for key, value in self.details.items() if not isinstance(value, dict | list))
        line = f"{self.kind} {self.name}{': ' if told else ''}{told}"
        again = line in before and bool(self.sources)
        yield f"{'  ' * indent}{line}{' (see above)' if again else ''}"
        before.add(line)
        for source in () if again else self.sources:
            yield from source.lines(indent + 1, before)


def lineage(lake: Lake, what: str, *, as_of: AsOf = None) -> Lineage:
    """Walk back from a model or a table to the exports.

    Args:
        lake: Whose models and tables.
        what: A table's name, or a model's digest or the beginning of one.
        as_of: A snapshot id or tag of any table, or a time: the table as it was then, the models that there were then.

    Raises:
        InputError: There is no such table and no such model, or several models' digests begin like this.
        MissingTableError: The table had not been published by then.
    """
    still = lake.pinned(as_of)
    if what in TABLES:
        return _of_table(still, what, None, ())
    return _of_model(still, what)


def _of_model(lake: Lake, what: str) -> Lineage:
    rows = lake.read("models").to_pylist() if lake.has("models") else []
    found = {row["model"]: row for row in rows if what and row["model"].startswith(what)}
    if len(found) != 1:
        raise InputError(
            f"{what!r} is the name of {len(found)} models and of no table; the tables are {', '.join(TABLES)}, "
            f"the models {sorted(row['model'][:16] for row in rows)}"
        )
    ((model, row),) = found.items()
    details = {
        "name": row["name"],
        "network": row["network"],
        "weights": row["weights"],
        "weights_sha256": row["weights_sha256"],
        "spec": digest(row["spec"]),
        "commit": row["commit"],
        "created_at": row["created_at"].isoformat(),
    }
    return Lineage("model", model, details, (_of_table(lake, "crops", row["crops_snapshot"], ()),))


def _of_table(lake: Lake, name: str, as_of: AsOf, above: tuple[str, ...]) -> Lineage:
    snapshot = lake.snapshot(name, as_of)
    keys = {publication_of(file.path) for file in lake.files(name, as_of=snapshot.snapshot_id)} | {snapshot.key[:FOLDER_DIGITS]}
    details = {
        "snapshot": snapshot.snapshot_id,
        "content": snapshot.content,
        "committed_at": snapshot.committed_at.isoformat(),
    }
    records = [record for key in sorted(keys) for record in records_of(lake.store, key) if _writes(record, name)]
    stages = tuple(_of_stage(lake, record, name, above) for record in records)
    return Lineage("table", name, details, stages)


def _of_stage(lake: Lake, record: PublicationRecord, table: str, above: tuple[str, ...]) -> Lineage:
    preimage = record.preimage
    details = {
        "part": ", ".join(part_name(output.part) for output in record.outputs if output.table == table),
        "key": record.report.key,
        "spec": digest(preimage.get("spec")),
        "commit": record.commit,
        "rows_in": record.report.rows_in,
        "rows_out": record.report.rows_out,
        "settings": preimage.get("spec"),
    }
    # What ingest reads is an export's, also where it is called like a table.
    known = tuple(TABLES) if record.report.stage == _INGEST else (*above, table)
    inputs = sorted(preimage.get("inputs", {}).items())
    return Lineage("stage", record.report.stage, details, tuple(_of_input(lake, name, content, known) for name, content in inputs))


def _of_input(lake: Lake, name: str, content: str, above: tuple[str, ...]) -> Lineage:
    if name not in TABLES or name in above:
        return Lineage("input", name, {"content": content})
    snapshot_id = _with_content(lake, name, content)
    if snapshot_id is None:
        # Its snapshot has expired, or the stage read one part of the table alone.
        return Lineage("input", name, {"content": content, "snapshot": "not kept"})
    return _of_table(lake, name, snapshot_id, above)


def _with_content(lake: Lake, name: str, content: str) -> int | None:
    try:
        snapshots = history(lake.state(name))
    except MissingTableError:
        return None
    return next((s.snapshot_id for s in snapshots if summary_of(s).get(CONTENT_PROPERTY) == content), None)


def _writes(record: PublicationRecord, table: str) -> bool:
    return any(output.table == table for output in record.outputs)
