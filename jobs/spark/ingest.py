"""The exports that a pipeline names in, the tables `images`, `annotations` and `rejects` out; see `jobs.ingest`."""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from jobs.ingest import STAGE
from jobs.ingest_images import pictures, reject_repeated_refs
from jobs.ingest_plan import ingest_key, pack
from jobs.ingest_publication import Findings, publication_key, publish_findings, published_report, targets, total
from jobs.ingest_shards import CheckImages, ShardWork, WriteShard
from jobs.sources.exports import Export, open_export
from jobs.sources.reader import Reader
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError
from lake.lake import Lake, open_lake
from lake.shards import shard_name
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
    shards = pack(units)
    groups = [tuple(units[shard.start : shard.stop]) for shard in shards]
    check = CheckImages(export, source, lake.store, pipeline.splits.near_duplicates is not None)
    checked = [unit for group in run_tasks(spark, groups, check) for unit in group]
    listing = reject_repeated_refs([unit.images for unit in checked])
    export_key = ingest_key(_documents(export, reader), listing, [unit.files for unit in checked], source, pipeline.splits)
    if (done := published_report(lake, source, export_key)) is not None:
        return done
    found = pictures(listing, source, pipeline.splits)
    key = publication_key(lake, source, export_key)
    places = {table: lake.place(table, key, part) for table, part in targets(source)}
    work = [
        ShardWork(shard_name(number, len(shards) + 1), group, tuple(map(tuple, listing[shard.start : shard.stop])))
        for number, (shard, group) in enumerate(zip(shards, groups, strict=True))
    ]
    written = run_tasks(spark, work, WriteShard(export, source, places["annotations"], places["rejects"]))
    homeless = [outcome for outcome in divided if isinstance(outcome, Rejected)]
    findings = Findings(found, homeless, written, len(shards), places)
    report = publish_findings(lake, key, source, findings, time.monotonic() - start)
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
        total([report.rejected for report in reports]),
        reports[-1].snapshots,
        sum(report.seconds for report in reports if not report.skipped),
        {"sources": details},
    )
