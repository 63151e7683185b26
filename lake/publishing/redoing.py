"""Finds which files of a publication are damaged, and puts files that were made again in their place.

A file's receipt holds the sha-256 of what was published. What is made again and has that sha-256 is that file, byte for
byte: it takes the damaged one's place, so that every snapshot and tag that names it is whole again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lake.lake import Lake
from lake.publishing.parts import part_name
from lake.publishing.reading import undamaged
from lake.publishing.records import PublicationRecord, Target, publication_of, receipts_of, records_of
from lake.publishing.shards import Receipt, ShardLocation
from lake.publishing.stage_report import StageReport


def damaged_files(lake: Lake, targets: Iterable[Target]) -> list[str]:
    """Return the live files of some targets that are gone or are not what was published; every other one is read whole.

    Args:
        lake: Whose tables.
        targets: Tables, and the part of each.
    """
    live = [file.path for table, part in targets if lake.has(table) for file in lake.files(table, part=part)]
    return sorted(set(live) - set(undamaged(lake.store, live)))


def damaged_publications(lake: Lake, table: str) -> list[tuple[PublicationRecord, list[str]]]:
    """Return the records of the publications of a table whose live files are damaged, each with these files.

    Args:
        lake: Whose table.
        table: Its name; others append to it.
    """
    damaged = damaged_files(lake, [(table, {})])
    found = []
    for key in sorted({publication_of(path) for path in damaged}):
        paths = [path for path in damaged if publication_of(path) == key]
        found += [(record, paths) for record in records_of(lake.store, key) if _wrote(record, paths)]
    return found


def put_in_place(lake: Lake, damaged: Sequence[str], receipts: Iterable[Receipt | None]) -> bool:
    """Put those of some new files that are what damaged ones were in their places; return whether none is left damaged.

    Args:
        lake: Whose store.
        damaged: Paths of files of tables.
        receipts: Of files that were made again.
    """
    made = {receipt.sha256: receipt.path for receipt in receipts if receipt is not None}
    published = receipts_of(lake.store, damaged)
    twins = {path: made.get(published[path].sha256) for path in damaged if path in published}
    for path, twin in twins.items():
        if twin is not None:
            lake.store.write_bytes(path, lake.store.read_bytes(twin))
    return all(twins.get(path) is not None for path in damaged)


def discard(lake: Lake, locations: Iterable[ShardLocation], receipts: Iterable[Receipt | None]) -> None:
    """Remove new files that are not published, and release the leases that they were written under.

    Args:
        lake: Whose store.
        locations: Where they lie.
        receipts: Of the files.
    """
    for receipt in receipts:
        if receipt is not None:
            lake.store.delete(receipt.path)
    for location in locations:
        lake.leases.release(lake.scope(location.table), part_name(location.part), location.key)


def mended_report(report: StageReport, damaged: Sequence[str], seconds: float) -> StageReport:
    """Return the report of a publication whose damaged files are whole again.

    Args:
        report: Of the publication.
        damaged: Paths of the files.
        seconds: That it took.
    """
    return replace(report, skipped=False, seconds=seconds, details={**report.details, "mended": list(damaged)})


def _wrote(record: PublicationRecord, paths: Sequence[str]) -> bool:
    return any(receipt.path in paths for output in record.outputs for receipt in output.receipts)
