"""The exports that a pipeline names in, the tables `images`, `annotations` and `rejects` out; see `jobs.ingest`."""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from jobs.ingest import STAGE, by_reason
from jobs.ingest_images import Pictures, pictures, reject_repeated_refs
from jobs.ingest_plan import ingest_key, pack
from jobs.ingest_shards import CheckImages, ShardWork, WriteShard, WrittenShard, write_rejects
from jobs.sources.exports import Export, open_export
from jobs.sources.reader import Reader
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import Pipeline, Source
from lake.contracts import Image
from lake.digests import StageKey
from lake.errors import ConfigurationError
from lake.lake import Lake, open_lake
from lake.publishing import Output, publish_stage, skipped_report
from lake.schemas import table_of
from lake.shards import shard_name, write_shard
from lake.stage_report import StageReport

_log = logging.getLogger(__name__)


def ingest(pipeline: Pipeline, only: str | None = None) -> StageReport:
    """Read every export of the pipeline, or one of them, and publish what it holds.

    Args:
        pipeline: Its sources are read in turn, each published by itself.
        only: Name of the one source to read.

    Raises:
        ConfigurationError: `only` names no source.
        InputError: An export is missing or is not what its stanza says.
    """
    sources = [source for source in pipeline.sources if only in (None, source.name)]
    if not sources:
        names = ", ".join(source.name for source in pipeline.sources)
        raise ConfigurationError(f"no source {only!r} in pipeline {pipeline.name!r}; its sources are {names}")
    lake = open_lake(pipeline)
    spark = spark_session(pipeline)
    return _joined([_ingest_source(spark, lake, pipeline, source) for source in sources], sources)


def _ingest_source(spark: SparkSession, lake: Lake, pipeline: Pipeline, source: Source) -> StageReport:
    start = time.monotonic()
    export = open_export(source.annotations, source.images, source.classes, scene=source.scene, store=lake.store)
    reader = reader_of(source.format)
    divided = list(reader.units(export))
    units = [outcome for outcome in divided if isinstance(outcome, Unit)]
    homeless = [outcome for outcome in divided if isinstance(outcome, Rejected)]
    shards = pack(units)
    groups = [tuple(units[shard.start : shard.stop]) for shard in shards]
    checked = [
        unit
        for group in run_tasks(spark, groups, CheckImages(export, source, lake.store, pipeline.splits.near_duplicates is not None))
        for unit in group
    ]
    listing = reject_repeated_refs([unit.images for unit in checked])
    key = ingest_key(_documents(export, reader), listing, [unit.files for unit in checked], source, pipeline.splits)
    part = {"source": source.name}
    targets = [("rejects", {"stage": STAGE, **part}), ("images", part), ("annotations", part)]
    if (done := skipped_report(lake, stage=STAGE, key=key, targets=targets)) is not None:
        return done
    found = pictures(listing, source, pipeline.splits)
    places = {table: lake.place(table, key, of) for table, of in targets}
    work = [
        ShardWork(shard_name(number, len(shards) + 1), group, tuple(map(tuple, listing[shard.start : shard.stop])))
        for number, (shard, group) in enumerate(zip(shards, groups, strict=True))
    ]
    written = run_tasks(spark, work, WriteShard(export, source, places["annotations"], places["rejects"]))
    return _publish(lake, key, source, found, homeless, written, time.monotonic() - start)


def _publish(
    lake: Lake,
    key: StageKey,
    source: Source,
    found: Pictures,
    homeless: Sequence[Rejected],
    written: Sequence[WrittenShard],
    seconds: float,
) -> StageReport:
    part = {"source": source.name}
    rejects_part = {"stage": STAGE, **part}
    count = len(written) + 1
    rejected = [*found.rejected, *homeless]
    last = shard_name(count - 1, count)
    images = write_shard(lake.place("images", key, part), last, [table_of(Image, found.rows)])
    rejects = write_rejects(lake.place("rejects", key, rejects_part), last, rejected, source.name)
    counts = _total([by_reason(rejected), *(shard.rejected for shard in written)])
    objects, kept = sum(shard.found for shard in written), sum(shard.kept for shard in written)
    report = publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=len(found.rows) + len(rejected) + objects,
        rows_out=len(found.rows) + kept,
        rejected=counts,
        outputs=[
            Output("rejects", rejects_part, [*(shard.rejects for shard in written), rejects]),
            Output("images", part, [images]),
            Output("annotations", part, [shard.annotations for shard in written]),
        ],
        seconds=seconds,
        details={
            "source": source.name,
            "images": len(found.rows),
            "image_records": len(found.rows) + len(found.rejected),
            "annotations": kept,
            "object_records": objects,
            "rejected": counts,
        },
    )
    _log.info("ingest of %s: %s", source.name, report.details)
    return report


def _documents(export: Export, reader: Reader) -> dict[str, str]:
    if not reader.documents:
        return {}
    digests = {}
    for entry in export.documents(*reader.documents):
        name = export.document_name(entry.path) or ""
        digests[name] = hashlib.sha256(export.annotations.mapped(entry.path).data).hexdigest()
    return digests


def _joined(reports: Sequence[StageReport], sources: Sequence[Source]) -> StageReport:
    details: dict[str, Any] = {
        source.name: {**report.details, "skipped": report.skipped} for source, report in zip(sources, reports, strict=True)
    }
    return StageReport(
        STAGE,
        ",".join(report.key for report in reports),
        all(report.skipped for report in reports),
        sum(report.rows_in for report in reports),
        sum(report.rows_out for report in reports),
        _total([report.rejected for report in reports]),
        reports[-1].snapshots,
        sum(report.seconds for report in reports if not report.skipped),
        {"sources": details},
    )


def _total(counts: Sequence[Any]) -> dict[str, int]:
    reasons = sorted({reason for count in counts for reason in count})
    return {reason: sum(count.get(reason, 0) for count in counts) for reason in reasons}
