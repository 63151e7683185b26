"""The tables `plan` and `instances` in, the table `crops` out; see `jobs.crop.cut`. Pixels never pass through the JVM."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

from imaging.source_images import read_source
from jobs.crop.cut import COMPRESSION, STAGE, VERSION, cut_shard, spec_digest
from jobs.crop.reuse import CutFile, cut_files, known_blocks
from jobs.crop.shards import ShardRows, assign_shards, deal, image_loads
from jobs.crop.warmup import load_kernels
from jobs.crop.window_masks import IGNORED, KEPT
from jobs.file_slices import write_rejects
from jobs.quality.check import check_quality
from jobs.spark.progress import Done, counter, shown
from jobs.spark.session import spark_session
from jobs.spark.tables import table_frame
from jobs.spark.tasks import run_tasks, spare_loaded_modules
from lake.configuration import CropSpec, Pipeline
from lake.contracts import Instance, PlannedCrop
from lake.digests import stage_key
from lake.lake import Lake, open_lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport

INPUTS = ("plan", "instances")
_REJECTS = {"stage": STAGE}
_PLAN = "plan_"
"""Before the columns of `plan` in the frame that holds both tables' rows."""

DEALT_BYTES = 64 << 20
"""Of the Parquet files of `plan` and `instances`, some 200 MB in memory: what the driver deals out itself."""

_RESULT = "shard int, result string"


@dataclass(frozen=True, slots=True)
class ShardWork:
    """What a worker needs to know to cut a shard."""

    crops: ShardLocation
    rejects: ShardLocation
    shards: int
    spec: CropSpec
    known: tuple[CutFile, ...] = ()  # crops published before
    done: Any = None  # counts for the progress bar


def crop(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Cut every planned crop, or reject it; publishes `crops`.

    Args:
        pipeline: The pipeline.
        as_of: Of what it reads; see `lake.publishing.snapshots.AsOf`. What it publishes is published now.

    Raises:
        MissingTableError: Nothing has been planned.
        ContractError: `plan` and `instances` contradict each other.
        ExpectationError: The crops do not meet the expectations on their table; nothing is published.
    """
    started = time.monotonic()
    lake = open_lake(pipeline).pinned(as_of, tables=INPUTS)
    inputs = {table: lake.snapshot(table).content for table in INPUTS}
    key = stage_key(STAGE, inputs=inputs, spec=pipeline.crops, version=VERSION)
    if (done := skipped_report(lake, stage=STAGE, key=key, targets=[("rejects", _REJECTS), ("crops", {})])) is not None:
        return done
    loads = image_loads(lake.batches("plan", columns=["image_id", "window_width", "window_height"]))
    assignment, shards = assign_shards(loads)
    spark = spark_session(pipeline)
    known = cut_files(lake.store, (file.path for file in lake.files("crops"))) if lake.has("crops") else ()
    done = counter(spark)
    work = ShardWork(lake.location("crops", key), lake.location("rejects", key, _REJECTS), shards, pipeline.crops, known, done)
    with shown(done, crops=sum(loads.column("crops").to_pylist())):
        if sum(file.bytes for table in inputs for file in lake.files(table)) <= DEALT_BYTES:
            results = cut_dealt(spark, dealt_rows(lake, assignment), work)
        else:
            results = cut_shards(joined_rows(spark, lake, assignment), work, partitions=max(shards, 1))
    crops, rejects = ([Receipt(**one) for result in results for one in result[table]] for table in ("crops", "rejects"))
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=sum(result["planned"] for result in results),
        rows_out=sum(receipt.rows for receipt in crops),
        rejected=dict(sorted(sum((Counter(result["rejected"]) for result in results), Counter()).items())),
        outputs=[Output("rejects", _REJECTS, rejects), Output("crops", {}, crops)],
        seconds=time.monotonic() - started,
        details={
            "images": sum(result["images"] for result in results),
            "reused": sum(result["reused"] for result in results),
            "shards": len(crops),
            "bytes": sum(receipt.bytes for receipt in crops),
            "expectations": check_quality(lake, "crops", key, crops, run=partial(run_tasks, spark)),
        },
    )


def dealt_rows(lake: Lake, assignment: pa.Table) -> list[ShardRows]:
    """Return what `joined_rows` does, dealt out by the driver: without a shuffle, for tables that it can hold."""
    instances = lake.read("instances", where=pc.field("disposition").isin([KEPT, IGNORED]))
    return list(deal(lake.read("plan"), instances, assignment))


def cut_dealt(spark: SparkSession, pieces: Sequence[ShardRows], work: ShardWork, *, partitions: int | None = None) -> list[dict[str, Any]]:
    """Do as `cut_shards` does for rows that the driver holds: each shard's rows go to the task that cuts it.

    Args:
        spark: The session.
        pieces: As `dealt_rows` returns them.
        work: What the workers need to know.
        partitions: Of the work, by default one a shard.
    """
    if not pieces:
        return []
    sent = [(piece.shard, as_ipc(piece.plan), as_ipc(piece.instances)) for piece in pieces]
    tasks = spark.sparkContext.parallelize(sent, partitions or len(sent))
    return [json.loads(result) for result in tasks.map(partial(cut_sent, work=work)).collect()]


def as_ipc(rows: pa.Table) -> bytes:
    """Return rows as an Arrow stream: of a slice its own rows alone, where a pickle would hold all rows that it is cut from."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent


def cut_sent(sent: tuple[int, bytes, bytes], *, work: ShardWork) -> str:
    """Cut one shard on a worker: its number, plan and instances as Arrow streams in, its result as JSON out."""
    shard, plan, instances = sent
    rows = ShardRows(shard, pa.ipc.open_stream(plan).read_all(), pa.ipc.open_stream(instances).read_all())
    return json.dumps(_cut(rows, work), sort_keys=True)


def joined_rows(spark: SparkSession, lake: Lake, assignment: pa.Table) -> DataFrame:
    """Join the rows that each shard needs on Spark: its part of the plan, and the instances of its images.

    Args:
        spark: The session.
        lake: Holds `plan` and `instances`.
        assignment: Of images to shards; see `jobs.crop.shards.assign_shards`.

    Returns:
        Column `shard`, the columns of `instances`, and those of `plan` under `plan_`; a row has one or the other.
    """
    images = spark.createDataFrame(assignment)
    plan = table_frame(spark, lake, "plan").join(images, "image_id")
    spread = sql.conv(sql.substring("crop_id", 1, 8), 16, 10).cast("long") % sql.col("shards")
    planned = plan.select(
        (sql.col("first_shard") + spread).cast("int").alias("shard"),
        *(sql.col(field.name).alias(_PLAN + field.name) for field in fields(PlannedCrop)),
    )
    instances = table_frame(spark, lake, "instances").where(sql.col("disposition").isin(KEPT, IGNORED)).join(images, "image_id")
    shard = sql.explode(sql.sequence(sql.col("first_shard"), sql.col("first_shard") + sql.col("shards") - 1))
    known = instances.select(shard.alias("shard"), *(field.name for field in fields(Instance)))
    return planned.unionByName(known, allowMissingColumns=True)


def cut_shards(rows: DataFrame, work: ShardWork, *, partitions: int) -> list[dict[str, Any]]:
    """Cut and write every shard on Spark's workers; returns one result a shard, in their order.

    Args:
        rows: As `joined_rows` returns them.
        work: What the workers need to know.
        partitions: Of the work; what is written is the same for any number.
    """
    if not work.shards:
        return []
    placed = rows.repartitionById(partitions, sql.col("shard") % partitions).sortWithinPartitions("shard")
    results = placed.mapInArrow(partial(_each_shard, work=work), _RESULT).collect()
    return [json.loads(row["result"]) for row in sorted(results, key=lambda row: row["shard"])]


def _each_shard(batches: Iterator[pa.RecordBatch], *, work: ShardWork) -> Iterator[pa.RecordBatch]:
    for shard, rows in _by_shard(batches):
        result = json.dumps(_cut(_parted(shard, rows), work), sort_keys=True)
        yield pa.record_batch({"shard": pa.array([shard], pa.int32()), "result": pa.array([result], pa.string())})


def _by_shard(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    gathered: list[pa.RecordBatch] = []
    current = -1
    for batch in batches:
        for shard in pc.unique(batch.column("shard")).to_pylist():
            part = batch.filter(pc.equal(batch.column("shard"), shard))
            if shard != current and gathered:
                yield current, pa.Table.from_batches(gathered)
                gathered = []
            current = shard
            gathered.append(part)
    if gathered:
        yield current, pa.Table.from_batches(gathered)


def _parted(shard: int, rows: pa.Table) -> ShardRows:
    planned = pc.is_valid(rows.column(f"{_PLAN}crop_id"))
    plan = rows.filter(planned).select([_PLAN + field.name for field in fields(PlannedCrop)])
    plan = plan.rename_columns([field.name for field in fields(PlannedCrop)])
    return ShardRows(shard, plan, rows.filter(pc.invert(planned)).select([field.name for field in fields(Instance)]))


def _cut(rows: ShardRows, work: ShardWork) -> dict[str, Any]:
    load_kernels()
    known = known_blocks(work.crops.store, work.known, rows.plan, spec_digest(work.spec))
    counts: Counter[str] = Counter()
    rejects: list[pa.Table] = []

    def crops() -> Iterator[pa.Table]:
        for cut in cut_shard(rows.plan, rows.instances, work.spec, read_source, known):
            counts.update(images=cut.images, reused=cut.reused)
            rejects.append(cut.rejects)
            if work.done is not None:
                work.done.add(Done(len(cut.crops), cut.images, len(cut.rejects)))
            yield cut.crops

    name = shard_name(rows.shard, work.shards)
    receipt = write_shard(work.crops, name, crops(), compression=COMPRESSION)
    refused = pa.concat_tables(rejects)
    spare_loaded_modules("crop")
    return {
        "planned": rows.plan.num_rows,
        "images": counts["images"],
        "reused": counts["reused"],
        "crops": [asdict(receipt)] if receipt else [],
        "rejects": [asdict(one) for one in write_rejects(work.rejects, name, refused) if one],
        "rejected": Counter(refused.column("reason").to_pylist()),
    }
