"""The crop stage on real Spark: the same bytes for any partitioning, published once, everything accounted for."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from imaging.source_images import read_source
from jobs.crop.cut import cut_shard
from jobs.crop.cutting import CutShard
from jobs.crop.shards import assign_rows, assign_shards, image_loads
from jobs.spark.crop import cut_joined
from jobs.spark.workers import SparkWorkers
from jobs.workers import InProcess
from lake.contracts import Crop
from lake.lake import Lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import gc
from lake.schemas import arrow_schema
from stages.crop import CROP
from stages.runner import run
from tests.support.crop_worlds import CropWorld, crop_pipeline, crop_world, publish_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CropWorld:
    return crop_world(tmp_path_factory.mktemp("pictures"), images=24, objects=8)


def file_digests(lake: Lake) -> dict[str, str]:
    return {Path(file.path).name: hashlib.sha256(lake.store.read_bytes(file.path)).hexdigest() for file in lake.files("crops")}


def test_spark_cuts_what_the_plain_function_cuts_and_a_second_run_commits_nothing(world: CropWorld, tmp_path: Path) -> None:
    pipeline = crop_pipeline(tmp_path)
    lake = publish_world(pipeline, world)
    next(iter(world.files.values())).rename(tmp_path / "gone")
    report = run(CROP, pipeline)
    again = run(CROP, pipeline)
    (tmp_path / "gone").rename(next(iter(world.files.values())))
    assert (report.rows_in, report.rows_out, dict(report.rejected)) == (len(world.plan), len(world.plan) - 16, {"unreadable-source": 16})
    assert lake.read("rejects").num_rows == 16
    assert again.skipped and (again.rows_out, again.snapshots) == (report.rows_out, report.snapshots)
    expected = pa.concat_tables([part.crops for part in cut_shard(world.plan, world.instances, pipeline.crops, read_source)])
    found = lake.read("crops").sort_by("crop_id")
    kept = expected.filter(pa.compute.is_in(expected.column("crop_id"), found.column("crop_id"))).sort_by("crop_id")
    assert found.schema == arrow_schema(Crop)
    assert found.equals(kept)


def test_bytes_depend_neither_on_the_partitions_nor_on_who_assigns_the_rows(world: CropWorld, tmp_path: Path) -> None:
    pipeline = crop_pipeline(tmp_path)
    lake = publish_world(pipeline, world)
    assignment, shards = assign_shards(image_loads(lake.batches("plan")))
    assert shards > 2
    workers = SparkWorkers(pipeline)
    assigned = list(assign_rows(lake.read("plan"), lake.read("instances"), assignment))
    digests = []
    for number, partitions in enumerate((1, 2, 7, None, None)):
        locations = lake.location("crops", f"{number:064x}"), lake.location("rejects", f"{number:064x}", {"stage": "crop"})
        work = CutShard(*locations, shards, pipeline.crops)
        if partitions is not None:
            written = cut_joined(workers.session(), lake, assignment, work, partitions=partitions)
        else:
            written = (workers if number == 3 else InProcess()).map(assigned, work)
        digests.append([shard.crops.sha256 for shard in written if shard.crops])
    assert len(digests[0]) == shards
    assert all(found == digests[0] for found in digests)


def test_a_new_plan_cuts_only_what_is_new(world: CropWorld, tmp_path: Path) -> None:
    pipeline = crop_pipeline(tmp_path)
    publish_world(pipeline, CropWorld(world.files, world.instances, world.plan.slice(30)))
    run(CROP, pipeline)
    lake = publish_world(pipeline, world)
    report = run(CROP, pipeline)
    assert report.details["reused"] == len(world.plan) - 30
    assert report.details["images"] < len(world.files) / 2
    expected = pa.concat_tables([part.crops for part in cut_shard(world.plan, world.instances, pipeline.crops, read_source)])
    assert lake.read("crops").sort_by("crop_id").equals(expected.sort_by("crop_id"))


def test_a_few_edits_leave_the_other_shards_files_as_they_are(world: CropWorld, tmp_path: Path) -> None:
    pipeline = crop_pipeline(tmp_path / "nights")
    lake = publish_world(pipeline, world)
    run(CROP, pipeline, workers=InProcess())
    before = {file.path for file in lake.files("crops")}
    edited = world.instances.column("label").to_pylist()
    edited[0] = "corrected"
    index = world.instances.schema.get_field_index("label")
    tonight = CropWorld(world.files, world.instances.set_column(index, world.instances.schema.field(index), pa.array(edited)), world.plan)
    publish_world(pipeline, tonight)
    report = run(CROP, pipeline, workers=InProcess())
    after = {file.path for file in lake.files("crops")}
    assert len(before) > 2 and len(after - before) == len(before - after) == 1
    sizes = {path: lake.store.size(path) for path in after}
    assert report.details["bytes_kept"] == sum(sizes.values()) - sizes[(after - before).pop()]
    anew = crop_pipeline(tmp_path / "anew")
    fresh = publish_world(anew, tonight)
    run(CROP, anew, workers=InProcess())
    assert lake.read("crops").sort_by("crop_id").equals(fresh.read("crops").sort_by("crop_id"))
    assert lake.snapshot("crops").content == fresh.snapshot("crops").content
    gc(lake, dry_run=False, keep=timedelta(0), grace=timedelta(0))
    assert not [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"]
    assert lake.read("crops").num_rows == len(world.plan) and before - after == before - set(lake.store.list("tables/crops"))


def test_a_shard_with_rejects_is_cut_every_night(world: CropWorld, tmp_path: Path) -> None:
    pipeline = crop_pipeline(tmp_path)
    lake = publish_world(pipeline, world)
    gone = next(iter(world.files.values()))
    gone.rename(tmp_path / "gone")
    run(CROP, pipeline, workers=InProcess())
    (tmp_path / "gone").rename(gone)
    publish_world(pipeline, CropWorld(world.files, world.instances, world.plan.slice(1)))
    report = run(CROP, pipeline, workers=InProcess())
    assert (report.rows_out, dict(report.rejected)) == (len(world.plan) - 1, {})
    assert lake.read("crops").num_rows == len(world.plan) - 1
