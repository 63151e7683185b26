"""Label and balance on real Spark over real tables: equal to the plain functions, conserved, and done once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.balance.cells import candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import plan_instances
from jobs.balance.report import balance_table, tally
from jobs.label.instances import label_annotations
from jobs.spark.session import spark_session
from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.errors import EmptyCheckError, UnmappedLabelError
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from taxonomy.labelling import load_labelling
from tests.support.annotation_tables import LABEL_MAPS, LABELS, TAXONOMY, invented_annotations, invented_images
from tests.support.stages import balance, label

PIPELINE = """
name: plan
store: ./store
spark: {{master: "local[{threads}]"}}
taxonomy: common.yaml
label_maps: maps
sources:
  - {{name: coco, customer: coco, domain: everyday, format: coco, scene: partial, annotations: coco.json}}
  - {{name: acme, customer: acme, domain: driving, format: coco, scene: partial, annotations: acme.json}}
balance: {{target: 900}}
gates: gates.yaml
"""


@dataclass(frozen=True)
class World:
    pipeline: Pipeline
    lake: Lake
    images: pa.Table
    annotations: pa.Table


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = _world(tmp_path_factory.mktemp("plan"))
    yield made
    spark_session(made.pipeline).stop()


def _world(folder: Path, *, threads: int = 2, images: int = 60, annotations: int = 2_000, phash: str | None = None) -> World:
    (folder / "maps").mkdir()
    (folder / "common.yaml").write_text(TAXONOMY, encoding="utf-8")
    for customer, text in LABEL_MAPS.items():
        (folder / "maps" / f"{customer}.yaml").write_text(text, encoding="utf-8")
    (folder / "pipeline.yaml").write_text(PIPELINE.format(threads=threads), encoding="utf-8")
    pipeline = load_pipeline(folder / "pipeline.yaml")
    pictures = invented_images(images, phash=phash)
    objects = invented_annotations(pictures, annotations)
    lake = open_lake(pipeline)
    for source in sorted(LABELS):
        _publish(lake, source, _of(pictures, source), _of(objects, source))
    return World(pipeline, lake, pictures, objects)


def _publish(lake: Lake, source: str, images: pa.Table, annotations: pa.Table) -> None:
    key, part, outputs = stage_key("ingest", inputs={"rows": str(len(annotations))}, spec=source), {"source": source}, []
    for table, rows, shards in (("images", images, 1), ("annotations", annotations, 3)):
        size = -(-len(rows) // shards)
        place = lake.location(table, key, part)
        receipts = [write_shard(place, shard_name(i, shards), [rows.slice(i * size, size)]) for i in range(shards)]
        outputs.append(Output(table, part, receipts))
    rows = len(annotations)
    publish_stage(lake, stage="ingest", key=key, rows_in=rows, rows_out=rows, rejected={}, outputs=outputs)


def _of(rows: pa.Table, source: str) -> pa.Table:
    return rows.filter(pa.compute.equal(rows.column("source"), source))


def _sorted(rows: pa.Table, *keys: str) -> list[dict[str, object]]:
    return rows.sort_by([(key, "ascending") for key in keys]).to_pylist()  # type: ignore[no-any-return]


def test_spark_labels_and_plans_exactly_what_the_plain_functions_do(world: World) -> None:
    labelled, balanced = label(world.pipeline), balance(world.pipeline)
    spec, crops = world.pipeline.balance, world.pipeline.crops

    expected = label_annotations(
        world.annotations, world.images, load_labelling(world.pipeline.taxonomy, world.pipeline.label_maps)
    ).instances
    cells = cell_table([candidates(expected, find_ineligible(expected, crops) == ELIGIBLE, spec, seed=crops.seed)], spec)
    planned = plan_instances(expected, cells, spec, crops)

    assert _sorted(world.lake.read("instances"), "instance_id") == _sorted(expected, "instance_id")
    assert _sorted(world.lake.read("plan"), "crop_id") == _sorted(planned.plan, "crop_id")
    assert _sorted(world.lake.read("rejects", where={"stage": "balance"}), "reject_id") == _sorted(planned.rejects, "reject_id")
    assert world.lake.read("balance").to_pylist() == balance_table([tally(expected, planned, spec)], cells).to_pylist()
    assert (labelled.rows_in, labelled.rows_out, labelled.rejected) == (2_000, 2_000, {})
    assert balanced.rows_in == 2_000 == balanced.rows_out + sum(balanced.rejected.values())
    assert len(set(planned.plan.column("instance_id").to_pylist())) == balanced.rows_out


def test_a_second_run_commits_nothing_and_says_the_same(world: World) -> None:
    first = [label(world.pipeline), balance(world.pipeline)]
    again = [label(world.pipeline), balance(world.pipeline)]
    assert [report.skipped for report in again] == [True, True]
    assert [(report.rows_in, report.rows_out, report.rejected) for report in again] == [
        (report.rows_in, report.rows_out, report.rejected) for report in first
    ]


def test_another_balance_plans_anew_and_leaves_the_instances(world: World) -> None:
    label(world.pipeline)
    balance(world.pipeline)
    smaller = world.pipeline.model_copy(update={"balance": world.pipeline.balance.model_copy(update={"target": 300})})
    report = balance(smaller)
    assert label(smaller).skipped
    assert not report.skipped
    train = world.lake.read("plan", where={"split": "train"})
    assert len(train) == 300
    assert report.details["crops"] == len(world.lake.read("plan"))


def test_an_annotation_without_its_image_is_a_reject_not_a_loss(world: World, tmp_path: Path) -> None:
    fewer = _world(tmp_path, annotations=300)
    kept = fewer.images.slice(0, 40)
    for source in sorted(LABELS):
        part = {"source": source}
        key = f"{source:1<64}"
        receipt = write_shard(fewer.lake.location("images", key, part), shard_name(0, 1), [_of(kept, source)])
        publish_stage(fewer.lake, stage="ingest", key=key, rows_in=1, rows_out=1, rejected={}, outputs=[Output("images", part, [receipt])])
    report = label(fewer.pipeline)
    assert report.rejected.keys() == {"missing-image"}
    assert report.rows_in == 300 == report.rows_out + report.rejected["missing-image"]
    assert world.pipeline.store != fewer.pipeline.store


def test_stages_read_their_inputs_as_they_were(tmp_path: Path) -> None:
    made = _world(tmp_path, images=30, annotations=300)
    lake = made.lake
    first = [stage(made.pipeline) for stage in (label, balance)]
    contents = {table: lake.snapshot(table).content for table in ("instances", "plan")}
    then = lake.snapshot("plan").snapshot_id
    time.sleep(0.005)
    _publish(lake, "acme", _of(made.images, "acme"), _of(made.annotations, "acme").slice(0, 20))
    later = [stage(made.pipeline) for stage in (label, balance)]
    assert later[0].rows_in < first[0].rows_in
    assert label(made.pipeline, as_of=then).rows_in == first[0].rows_in
    assert lake.snapshot("instances").content == contents["instances"]
    assert balance(made.pipeline, as_of=lake.snapshot("plan").committed_at).skipped
    assert balance(made.pipeline, as_of=then).rows_in == first[1].rows_in
    assert lake.snapshot("plan").content == contents["plan"]


def test_labels_in_no_map_stop_the_stage_before_anything_is_written(tmp_path: Path) -> None:
    made = _world(tmp_path, annotations=300)
    (tmp_path / "maps" / "acme.yaml").write_text("customer: acme\nlabels: {Tree: tree}\n", encoding="utf-8")
    with pytest.raises(UnmappedLabelError, match=r"(?s)customer acme .*: 3 labels of 144 instances: 'pedestrian' 81,.*'air'"):
        label(made.pipeline)
    assert not made.lake.has("instances")


def test_a_plan_of_nothing_is_a_failure(tmp_path: Path) -> None:
    made = _world(tmp_path, annotations=100)
    label(made.pipeline)
    nothing = made.pipeline.model_copy(update={"crops": made.pipeline.crops.model_copy(update={"min_side": 700, "max_side": 900})})
    with pytest.raises(EmptyCheckError, match=r"no instance can be planned: .*'too-small'"):
        balance(nothing)


def test_look_alike_images_never_straddle_two_splits(tmp_path: Path) -> None:
    made = _world(tmp_path, annotations=300, phash="00ff00ff00ff00ff")
    near = made.pipeline.model_copy(update={"splits": made.pipeline.splits.model_copy(update={"near_duplicates": 0})})
    before = label(made.pipeline)
    assert set(made.lake.read("instances").column("split").to_pylist()) == {"train", "val", "test"}
    report = label(near)
    assert (before.details["joined_groups"]["groups"], report.details["joined_groups"]["largest"]) == (0, 60)
    instances = made.lake.read("instances")
    assert set(instances.column("split").to_pylist()) == {"train"}
    assert len(set(instances.column("group_id").to_pylist())) == 1
