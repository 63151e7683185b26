"""Crops of plans that the driver cannot hold: Spark joins the rows that each shard needs, and a worker cuts it."""

import pickle
from collections.abc import Iterator
from dataclasses import fields
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

from jobs.crop.cutting import CutShard, WrittenCrops
from jobs.crop.shards import ShardRows
from jobs.spark.failures import errors_of_workers
from jobs.spark.tables import table_frame
from jobs.spark.tasks import spare_loaded_modules
from lake.contracts import Instance, PlannedCrop
from lake.dispositions import IGNORED, KEPT
from lake.lake import Lake

_PLAN = "plan_"
"""Before the columns of `plan` in the frame that holds both tables' rows."""

_RESULT = "shard int, result binary"


def cut_joined(
    spark: SparkSession, lake: Lake, assignment: pa.Table, work: CutShard, *, partitions: int | None = None
) -> list[WrittenCrops]:
    """Cut and write every shard on Spark's workers, for tables of any size; returns one result a shard, in their order.

    Args:
        spark: The session.
        lake: Holds `plan` and `instances`.
        assignment: Of images to shards; see `jobs.crop.shards.assign_shards`.
        work: What is done with each shard.
        partitions: Of the work, by default one a shard; what is written is the same for any number.
    """
    if not work.shards:
        return []
    count = partitions or work.shards
    with errors_of_workers():
        placed = joined_rows(spark, lake, assignment).repartitionById(count, sql.col("shard") % count).sortWithinPartitions("shard")
        results = placed.mapInArrow(partial(_each_shard, work=work), _RESULT).collect()
    return [pickle.loads(row["result"]) for row in sorted(results, key=lambda row: row["shard"])]


def joined_rows(spark: SparkSession, lake: Lake, assignment: pa.Table) -> DataFrame:
    """Join the rows that each shard needs: its part of the plan, and the instances of its images.

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


def _each_shard(batches: Iterator[pa.RecordBatch], *, work: CutShard) -> Iterator[pa.RecordBatch]:
    for shard, rows in _by_shard(batches):
        result = pickle.dumps(work(_parted(shard, rows)))
        spare_loaded_modules(type(work).__name__)
        yield pa.record_batch({"shard": pa.array([shard], pa.int32()), "result": pa.array([result], pa.binary())})


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
