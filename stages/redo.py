"""Makes damaged publications again: a part of a stage from its inputs, what was appended from its record."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from lake.digests import redo_key
from lake.publishing.publish import Output, publish_stage
from lake.publishing.records import read_record, record_path
from lake.publishing.redoing import damaged_files, damaged_publications, discard, mended_report, put_in_place
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from stages.stage import Computed, Publication, Run, Stage

_Part = TypeVar("_Part")


def made_again(
    stage: Stage[_Part], run: Run, part: _Part, report: StageReport, publish: Callable[[Publication, Computed], StageReport]
) -> StageReport:
    """Compute a part whose publication stands again, if files of it are damaged.

    What comes out byte for byte as it was published takes the damaged files' places; else the publication is replaced.

    Args:
        stage: Whose part.
        run: Its run.
        part: The part.
        report: Of the publication that stands.
        publish: Publishes what was computed.

    Returns:
        The report of the mended or new publication, or `report` where nothing is damaged.
    """
    begun, targets = time.monotonic(), stage.targets_of(run, part)
    damaged = damaged_files(run.lake, targets)
    if not damaged:
        return report
    key = redo_key(report.key, read_record(run.lake.store, record_path(report.key, targets)).preimage)
    publication = replace(stage.publication(run, part, key), damaged=report)
    computed = stage.computed(run, part, publication)
    receipts = [receipt for of_table in computed.receipts.values() for receipt in of_table]
    if not put_in_place(run.lake, damaged, receipts):
        return publish(publication, computed)
    discard(run.lake, publication.locations.values(), receipts)
    return mended_report(report, damaged, time.monotonic() - begun)


def restored(stage: Stage[Any], run: Run) -> StageReport | None:
    """Restore every damaged publication of a stage that appends; return a report of them, None where none is damaged."""
    begun, last, mended = time.monotonic(), None, []
    if stage.restore is None or callable(stage.targets):
        return None
    ((table, part),) = stage.targets
    for record, damaged in damaged_publications(run.lake, table):
        location = run.lake.location(table, redo_key(record.report.key, record.preimage), part)
        receipt = write_shard(location, shard_name(0, 1), [stage.restore(run, record)])
        if put_in_place(run.lake, damaged, [receipt]):
            discard(run.lake, [location], [receipt])
            last = record.report
        else:
            last = publish_stage(
                run.lake,
                stage=stage.name,
                key=location.key,
                rows_in=record.report.rows_in,
                rows_out=record.report.rows_out,
                rejected={},
                outputs=[Output(table, part, [receipt], "append")],
                details=record.report.details,
                instead_of=record.report.key,
            )
        mended += damaged
    return mended_report(last, mended, time.monotonic() - begun) if last else None
