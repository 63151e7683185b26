"""A row that an earlier stage told wrongly stops the stage that meets it, on real Spark: nothing is published, of any table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake, open_lake
from tests.support.annotation_tables import TAXONOMY
from tests.support.crop_worlds import crop_pipeline, crop_world, publish_world
from tests.support.plain_ingest import source_of
from tests.support.planned_lake import publish_rows
from tests.support.sample_exports import REAL
from tests.support.stages import crop, ingest, label

LABEL_MAP = "customer: acme\nlabels: {sofa: chair, bus: car, car: car, bottle: chair, chair: chair, person: person}\n"


def pipeline_of(folder: Path, **stanza: Any) -> Pipeline:
    (folder / "maps").mkdir()
    (folder / "t.yaml").write_text(TAXONOMY)
    (folder / "maps/acme.yaml").write_text(LABEL_MAP)
    places = {"taxonomy": folder / "t.yaml", "label_maps": folder / "maps", "gates": folder / "g.yaml"}
    source = source_of("acme", **stanza)
    settings = {"name": "stop", "store": str(folder / "store"), "spark": {"master": "local[1]"}, "sources": [source]}
    return Pipeline.model_validate({**settings, **places})


def snapshots(lake: Lake) -> dict[str, int | None]:
    return {name: lake.table(name).metadata.current_snapshot_id for name in TABLES if lake.has(name)}


def told_wrongly(rows: pa.Table, column: str, value: Any, **others: Any) -> pa.Table:
    """Return rows whose first says something else than its mask."""
    first = {**rows.slice(0, 1).to_pylist()[0], column: value, **others}
    return pa.concat_tables([pa.Table.from_pylist([first], schema=rows.schema), rows.slice(1)])


@pytest.fixture
def read(data_folder: Path, tmp_path: Path) -> Pipeline:
    """Return a pipeline whose one source has been ingested."""
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)))
    ingest(pipeline)
    return pipeline


def test_a_wrong_row_that_an_ingest_would_carry_along_stops_it(read: Pipeline, tmp_path: Path) -> None:
    lake = open_lake(read)
    rows, part = lake.read("annotations").sort_by("source_ref"), {"source": "acme"}
    wrong = told_wrongly(rows, "area", 7, source_ref="gone.json#shape 0", label="of its own", instance_id="f" * 64)
    publish_rows(lake, {"annotations": wrong}, part=part, key="wrong")
    document = tmp_path / "export/2011_000006.json"
    document.write_text(document.read_text().replace('"sofa"', '"bus"'))
    before = snapshots(lake)
    with pytest.raises(ExpectationError, match=r"area_differs_from_mask.*gone\.json#shape 0.*nothing was published"):
        ingest(read)
    assert snapshots(lake) == before
    assert "gone.json#shape 0" in lake.read("annotations").column("source_ref").to_pylist()
    publish_rows(lake, {"annotations": rows}, part=part, key="right")
    assert not ingest(read).skipped


@pytest.mark.parametrize("at_once", [1, 262_144])
def test_a_wrong_annotation_stops_label_on_the_driver_and_on_workers(read: Pipeline, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.quality.check.ROWS_AT_ONCE", at_once)
    lake = open_lake(read)
    rows = lake.read("annotations")
    publish_rows(lake, {"annotations": told_wrongly(rows, "holes", -1)}, part={"source": "acme"}, key="wrong")
    images = lake.read("images")
    others = [{**row, "source": "other", "instance_id": row["instance_id"][::-1]} for row in rows.to_pylist()]
    tables = {
        "annotations": pa.Table.from_pylist(others, schema=rows.schema),
        "images": pa.Table.from_pylist([{**row, "source": "other"} for row in images.to_pylist()], schema=images.schema),
    }
    publish_rows(lake, tables, part={"source": "other"}, key="other")
    before = snapshots(lake)
    with pytest.raises(ExpectationError, match=r"'instances'.*holes_below_0: 1 of"):
        label(read)
    assert snapshots(lake) == before
    assert not lake.has("instances")
    assert len(lake.store.list("reports/expectations/instances")) == 1
    publish_rows(lake, {"annotations": rows}, part={"source": "acme"}, key="right")
    assert label(read).rows_out == len(rows)  # the pipeline does not name the other source


def test_a_wrong_instance_stops_crop(tmp_path: Path) -> None:
    pipeline, world = crop_pipeline(tmp_path, master="local[1]"), crop_world(tmp_path / "pictures", images=2, objects=2)
    lake = publish_world(pipeline, replace(world, instances=told_wrongly(world.instances, "class_path", " ")))
    before = snapshots(lake)
    with pytest.raises(ExpectationError, match=r"'crops'.*class_path_blank: 2 of 8 rows"):
        crop(pipeline)
    assert snapshots(lake) == before
    assert not lake.has("crops")
    publish_world(pipeline, world)
    assert crop(pipeline).rows_out == len(world.plan)


def test_crops_of_images_that_are_all_gone_are_no_table(tmp_path: Path) -> None:
    pipeline, world = crop_pipeline(tmp_path, master="local[1]"), crop_world(tmp_path / "pictures", images=2, objects=2)
    lake = publish_world(pipeline, world)
    for path in world.files.values():
        path.unlink()
    before = snapshots(lake)
    with pytest.raises(EmptyCheckError, match="'crops' was to be published without a row"):
        crop(pipeline)
    assert snapshots(lake) == before
