"""Crop: every planned window cut out of its image, with its mask, in `crops`, or among the rejects."""

from typing import TYPE_CHECKING

from jobs.crop.cut_version import CUT_VERSION
from jobs.crop.progress import Done, shown
from jobs.spark.workers import SparkWorkers
from stages.stage import Computed, Publication, Run, Stage

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.crop.cutting import CutShard, WrittenCrops

DRIVER_BYTES = 64 << 20
"""Of the Parquet files of `plan` and `instances`, some 200 MB in memory: what the driver assigns to shards itself."""


def _compute(run: Run, _part: None, publication: Publication) -> Computed:
    """Cut the planned crops, shard by shard; the plan alone says which crops are in which shard.

    Raises:
        ContractError: `plan` and `instances` contradict each other.
    """
    from jobs.crop.cutting import CutShard, crop_notes
    from jobs.crop.reuse import cut_files, standing_shards
    from jobs.crop.shards import assign_shards, image_loads
    from jobs.file_slices import summed

    lake, locations, spec = run.lake, publication.locations, run.pipeline.crops
    loads = image_loads(lake.batches("plan", columns=["image_id", "window_width", "window_height"]))
    assignment, shards = assign_shards(loads)
    published = [file.path for file in lake.files("crops")] if lake.has("crops") else []
    standing = standing_shards(lake.store, published) if publication.damaged is None else {}
    known, done = cut_files(lake.store, published), run.workers.counter(Done())
    work = CutShard(locations["crops"], locations["rejects"], shards, spec, known, standing, done)
    with shown(done, crops=sum(loads.column("crops").to_pylist())):
        written = _cut(run, assignment, work)
    crops, kept = [shard.crops for shard in written], {receipt.path for receipt in standing.values()}
    planned, rejected = sum(shard.planned for shard in written), summed(shard.rejected for shard in written)
    return Computed(
        rows_in=planned,
        rows_out=sum(receipt.rows for receipt in crops if receipt),
        rejected=rejected,
        receipts={"rejects": [receipt for shard in written for receipt in shard.rejects], "crops": crops},
        details={
            "images": sum(shard.images for shard in written),
            "reused": sum(shard.reused for shard in written),
            "shards": sum(receipt is not None for receipt in crops),
            "bytes": sum(receipt.bytes for receipt in crops if receipt),
            "bytes_kept": sum(receipt.bytes for receipt in crops if receipt and receipt.path in kept),
            "notes": crop_notes(rejected, planned),
        },
    )


def _cut(run: Run, assignment: "pa.Table", work: "CutShard") -> "list[WrittenCrops]":
    lake = run.lake
    size = sum(file.bytes for table in CROP.reads for file in lake.files(table))
    if size > DRIVER_BYTES and isinstance(run.workers, SparkWorkers):
        from jobs.spark.crop import cut_joined

        return cut_joined(run.workers.session(), lake, assignment, work)
    from jobs.crop.shards import assign_rows, cut_or_ignored

    instances = lake.read("instances", where=cut_or_ignored())
    return run.workers.map(list(assign_rows(lake.read("plan"), instances, assignment)), work)


CROP = Stage(
    name="crop",
    version=CUT_VERSION,
    reads=("plan", "instances"),
    targets=(("rejects", {"stage": "crop"}), ("crops", {})),
    spec=lambda run, _part: run.pipeline.crops,
    compute=_compute,
    checks="crops",
)
