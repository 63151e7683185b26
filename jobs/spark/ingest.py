"""The exports that a pipeline names in, the tables `images`, `annotations` and `rejects` out; see `jobs.ingest.annotate`."""

import hashlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from jobs.ingest.annotate import STAGE
from jobs.ingest.cache import load_readings, write_readings
from jobs.ingest.images import pictures, reject_repeated_refs
from jobs.ingest.plan import ingest_key, pack
from jobs.ingest.publication import Findings, account_of, publication_key, publish_findings, published_report, source_files, targets, total
from jobs.ingest.reuse import (
    ReadUnits,
    WrittenUnits,
    new_readings,
    owners_of,
    reading_settings,
    renewed_readings,
    standing_readings,
    standing_rows,
)
from jobs.ingest.shards import CheckImages, ShardWork, WriteShard
from jobs.quality.check import prepare
from jobs.sources.files.exports import Export, open_export
from jobs.sources.reader import Reader
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from jobs.spark.session import spark_session
from jobs.spark.tasks import no_collections, run_tasks
from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError
from lake.lake import Lake, open_lake
from lake.publishing.shards import shard_name
from lake.publishing.stage_report import StageReport

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
    reports = []
    for source in sources:
        reports.append(_ingest_source(spark, lake, pipeline, source))
        _log.info("%s", account_of(reports[-1]))
    return _joined(reports, sources)


@no_collections()
def _ingest_source(spark: SparkSession, lake: Lake, pipeline: Pipeline, source: Source) -> StageReport:
    start = time.monotonic()
    export = open_export(source.annotations, source.images, source.classes, scene=source.scene, store=lake.store)
    reader = reader_of(source.format)
    divided = list(reader.units(export))
    units = [outcome for outcome in divided if isinstance(outcome, Unit)]
    shards = pack(units)
    hashed = pipeline.splits.near_duplicates is not None
    memory = load_readings(lake.store, source.name)
    settings = reading_settings(source, export, lake.store, hashed=hashed)
    standing = standing_readings(memory, settings, units, export)
    known = memory.settings if memory.images == export.images.root else None
    unread = [tuple(units[place] for place in shard if standing[place] is None) for shard in shards]
    with ThreadPoolExecutor(1) as beside:  # hashing lets other threads run
        hashing = beside.submit(_documents, export, reader)
        fresh = run_tasks(spark, [group for group in unread if group], CheckImages(export, source, lake.store, hashed, known))
    read_anew = iter([reading for group in fresh for reading in group])
    readings = [reading or next(read_anew) for reading in standing]
    listing = reject_repeated_refs([reading.images for reading in readings])
    export_key = ingest_key(hashing.result(), listing, [reading.files for reading in readings], source, pipeline.splits)
    if (done := published_report(lake, source, export_key)) is not None:
        if fresh:
            write_readings(lake.store, source.name, renewed_readings(memory, settings, export, units, readings))
        return done
    prepare()
    found = pictures(listing, source, pipeline.splits)
    key = publication_key(lake, source, export_key)
    places = {table: lake.location(table, key, part) for table, part in targets(source)}
    rows = standing_rows(readings, listing, source_files(lake, source))
    work = [
        ShardWork(
            shard_name(number, len(shards) + 1),
            tuple(units[shard.start : shard.stop]),
            tuple(map(tuple, listing[shard.start : shard.stop])),
            tuple(rows[shard.start : shard.stop]),
            owners_of(memory, rows[shard.start : shard.stop]),
        )
        for number, shard in enumerate(shards)
    ]
    written = run_tasks(spark, work, WriteShard(export, source, places["annotations"], places["rejects"]))
    homeless = [outcome for outcome in divided if isinstance(outcome, Rejected)]
    findings = Findings(found, homeless, written, len(shards), places, unread=sum(row is not None for row in rows))
    report = publish_findings(lake, key, source, findings, time.monotonic() - start, partial(run_tasks, spark))
    read = ReadUnits(units, readings, listing, shards)
    shards_written = [WrittenUnits(shard.annotations, shard.owners, shard.units) for shard in written]
    write_readings(lake.store, source.name, new_readings(settings, export, read, shards_written))
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
        source.name: {**report.details, "rows_in": report.rows_in, "rows_out": report.rows_out, "skipped": report.skipped}
        for source, report in zip(sources, reports, strict=True)
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
