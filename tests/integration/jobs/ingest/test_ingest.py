"""Ingest on real Spark and real exports: counts reproduced, nothing lost or duplicate, the same bytes for any master."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from imaging.masks.masks import decode
from jobs.ingest.export_plan import SHARD_WEIGHT
from jobs.workers import InProcess
from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError, InputError
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport
from tests.support.plain_ingest import NO_LIMITS
from tests.support.stages import ingest

COCO_MINI = {
    "format": "coco",
    "annotations": "coco/coco_mini/annotations/instances_train2017.json",
    "images": "coco/coco_mini/train2017",
}
CAMVID = {
    "format": "label-png",
    "scene": "full",
    "annotations": "camvid/labels",
    "images": "camvid/images",
    "classes": "camvid/classes.json",
    "group_by": "^(?P<group>[^_]+)_",
}


def source(data: Path, name: str, **stanza: Any) -> Source:
    paths = {key: str(data / stanza[key]) for key in ("annotations", "images", "classes") if stanza.get(key)}
    return Source(**{"name": name, "customer": name, "domain": "test", "scene": "partial", **stanza, **paths})


def pipeline_of(folder: Path, *sources: Source, master: str = "local[2]") -> Pipeline:
    return Pipeline.model_validate(
        {
            "name": "test",
            "limits": NO_LIMITS,
            "store": str(folder / "store"),
            "spark": {"master": master},
            "taxonomy": folder / "t.yaml",
            "label_maps": folder / "maps",
            "gates": folder / "g.yaml",
            "sources": sources,
        }
    )


def file_digests(lake: Lake, table: str) -> list[str]:
    return [hashlib.sha256(lake.store.read_bytes(file.path)).hexdigest() for file in lake.files(table)]


def accounted(lake: Lake, report: StageReport) -> bool:
    kept = lake.read("images").num_rows + lake.read("annotations").num_rows
    return (report.rows_in, report.rows_out) == (kept + lake.read("rejects").num_rows, kept)


def test_coco_and_camvid_are_read_whole_and_the_same_export_twice_commits_nothing(data_folder: Path, tmp_path: Path) -> None:
    pipeline = pipeline_of(tmp_path, source(data_folder, "coco", **COCO_MINI), source(data_folder, "camvid", **CAMVID))
    report = ingest(pipeline)
    lake = open_lake(pipeline)
    assert accounted(lake, report)
    assert report.rejected == {}
    rows = lake.read("annotations", where={"source": "coco"}).to_pylist()
    assert (len(rows), sum(row["is_crowd"] for row in rows)) == (739, 8)
    assert sum(row["holes"] > 0 for row in rows) == 33
    assert sum(row["components"] > 1 for row in rows) == 66
    truth = COCO(str(data_folder / COCO_MINI["annotations"]))
    owning = 0
    for row in rows:
        annotation = truth.anns[int(row["source_ref"][1:])]
        assert row["geometry"] == truth.annToRLE(annotation)["counts"].decode()
        x, y, width, height = annotation["bbox"]
        owning += bool(decode(row["geometry"], row["image_height"], row["image_width"])[int(y + height / 2), int(x + width / 2)])
    assert owning == 656  # by the export's own boxes
    assert sum(row["owns_centre"] for row in rows) == 653  # by the masks' tight ones
    driving = lake.read("annotations", where={"source": "camvid"}).to_pylist()
    assert Counter(row["label"] for row in driving)["Sky"] == 100
    pixels: Counter[str] = Counter()
    for row in driving:
        pixels[row["image_id"]] += row["area"]
    assert set(pixels.values()) == {480 * 360}
    groups = lake.read("images", where={"source": "camvid"}).to_pylist()
    assert len({(row["group_id"], row["split"]) for row in groups}) == 3
    again = ingest(pipeline)
    assert again.skipped
    assert (again.rows_in, again.rows_out, again.key) == (report.rows_in, report.rows_out, report.key)
    assert again.snapshots == report.snapshots


def test_exports_with_faults_are_accounted_for_record_by_record(data_folder: Path, tmp_path: Path) -> None:
    taco = source(data_folder, "taco", format="coco", annotations="coco/taco_annotations_only/annotations.json")
    sharks = source(data_folder, "sharks", format="coco", annotations="platform/roboflow/sharks-tiny-coco")
    pipeline = pipeline_of(tmp_path, taco, sharks)
    report = ingest(pipeline)
    lake = open_lake(pipeline)
    assert accounted(lake, report)
    details = report.details["sources"]
    assert details["taco"]["object_records"] == 4784
    assert details["taco"]["rejected"] == {"duplicate-id": 2, "missing-image": 1500 + 4782}
    assert details["sharks"]["rejected"]["box-only"] == 43
    assert (details["sharks"]["annotations"], details["sharks"]["images"]) == (17, 10)
    duplicate = [row["source_ref"] for row in lake.read("rejects").to_pylist() if row["reason"] == "duplicate-id"]
    assert sorted(duplicate) == [":309", ":4040"]


def many_squares(folder: Path) -> Path:
    """Write a COCO export of more objects than a shard holds: distinct squares on 8 images."""
    folder.mkdir()
    for number in range(8):
        Image.fromarray(np.full((200, 200, 3), number, np.uint8)).save(folder / f"{number}.png")
    records = []
    for number in range(SHARD_WEIGHT + 100):
        y, x = divmod(number // 8, 180)
        corners = [x, y, x + 9, y, x + 9, y + 9, x, y + 9]
        records.append({"id": number, "image_id": number % 8, "category_id": 1, "segmentation": [corners]})
    images = [{"id": number, "file_name": f"{number}.png", "width": 200, "height": 200} for number in range(8)]
    path = folder / "many.json"
    path.write_text(json.dumps({"images": images, "annotations": records, "categories": [{"id": 1, "name": "dog"}]}))
    return path


def test_the_bytes_of_every_shard_are_those_of_the_plain_functions(data_folder: Path, tmp_path: Path) -> None:
    many = source(tmp_path, "many", format="coco", annotations=str(many_squares(tmp_path / "many")))
    digests = []
    for number, workers in enumerate((None, InProcess())):
        pipeline = pipeline_of(tmp_path / str(number), source(data_folder, "coco", **COCO_MINI), many)
        assert ingest(pipeline, workers=workers).rejected == {}
        digests.append({table: file_digests(open_lake(pipeline), table) for table in ("images", "annotations")})
    assert len(digests[0]["annotations"]) == 1 + 2
    assert digests[0] == digests[1]


def test_a_changed_image_or_record_is_published_again(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder / "platform/roboflow/sharks-tiny-coco/valid", tmp_path / "export")
    document = tmp_path / "export" / "_annotations.coco.json"
    pipeline = pipeline_of(tmp_path, source(tmp_path, "sharks", format="coco", annotations=str(document)))
    first = ingest(pipeline)
    assert ingest(pipeline).skipped
    image = next(document.parent.glob("*.jpg"))
    image.write_bytes(image.read_bytes() + b"\0")
    second = ingest(pipeline)
    changed = json.loads(document.read_text())
    changed["categories"][1]["name"] = "hammerhead"
    document.write_text(json.dumps(changed))
    third = ingest(pipeline)
    assert len({first.key, second.key, third.key}) == 3
    assert not second.skipped and not third.skipped


def test_an_unknown_source_and_a_missing_export_are_named(tmp_path: Path) -> None:
    pipeline = pipeline_of(tmp_path, source(tmp_path, "gone", format="coco", annotations="none.json"))
    with pytest.raises(ConfigurationError, match="no source 'other'"):
        ingest(pipeline, only="other")
    with pytest.raises(InputError, match="no annotations at"):
        ingest(pipeline)


def night(folder: Path, name: str, boxes: dict[int, int], images: int = 2) -> Path:
    """Write a COCO export of squares: annotation id -> its left edge; image ids are 1 and on."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    listed = []
    for number in range(1, images + 1):
        pixels = np.full((20, 40, 3), number, np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        listed.append({"id": number, "file_name": f"{number}.png", "width": 40, "height": 20})
    records = [
        {"id": key, "image_id": 1 + key % images, "category_id": 1, "segmentation": [[x, 2, x + 5, 2, x + 5, 9, x, 9]]}
        for key, x in boxes.items()
    ]
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"images": listed, "annotations": records, "categories": [{"id": 1, "name": "dog"}]}))
    return path


def standing(lake: Lake) -> dict[str, int]:
    return {row["source_ref"]: row["box_x"] for row in lake.read("annotations").to_pylist()}


def test_an_incomplete_export_replaces_what_it_brings_and_leaves_the_rest(tmp_path: Path) -> None:
    def run(name: str, boxes: dict[int, int]) -> StageReport:
        path = night(tmp_path, name, boxes)
        return ingest(pipeline_of(tmp_path, source(tmp_path, "s", format="coco", annotations=str(path), images="images")))

    first = run("monday", {1: 1, 2: 2, 3: 3})
    lake = open_lake(pipeline_of(tmp_path, source(tmp_path, "s", format="coco", annotations="x")))
    monday = lake.snapshot("annotations").snapshot_id
    second = run("tuesday", {2: 20, 4: 4})
    assert standing(lake) == {":1": 1, ":2": 20, ":3": 3, ":4": 4}
    details = second.details["sources"]["s"]
    assert (details["carried"]["annotations"], details["replaced"], details["tombstoned"]) == (2, 1, 0)
    assert second.rows_in == second.rows_out == 2 + 4
    assert run("tuesday", {2: 20, 4: 4}).skipped
    assert {row["source_ref"]: row["box_x"] for row in lake.read("annotations", as_of=monday).to_pylist()} == {
        ":1": 1,
        ":2": 2,
        ":3": 3,
    }
    again = run("monday", {1: 1, 2: 2, 3: 3})
    assert not again.skipped
    assert standing(lake) == {":1": 1, ":2": 2, ":3": 3, ":4": 4}
    assert again.key != first.key
    assert run("monday", {1: 1, 2: 2, 3: 3}).skipped


def test_a_complete_export_tombstones_what_it_leaves_out(tmp_path: Path) -> None:
    def run(name: str, boxes: dict[int, int], images: int) -> StageReport:
        path = night(tmp_path, name, boxes, images)
        stanza = source(tmp_path, "s", format="coco", annotations=str(path), images="images", complete=True)
        return ingest(pipeline_of(tmp_path, stanza))

    run("monday", {1: 1, 2: 2, 3: 3}, 3)
    report = run("tuesday", {2: 20}, 2)
    lake = open_lake(pipeline_of(tmp_path, source(tmp_path, "s", format="coco", annotations="x")))
    assert standing(lake) == {":2": 20}
    assert lake.read("images").num_rows == 2
    assert report.details["sources"]["s"]["tombstoned"] == 2
    assert run("tuesday", {2: 20}, 2).skipped


@pytest.mark.parametrize("packed", ["zip", "gztar"])
def test_an_archive_is_ingested_like_the_folder_that_it_holds(data_folder: Path, tmp_path: Path, packed: str) -> None:
    project = data_folder / "platform/supervisely/lemons-annotated"
    archive = shutil.make_archive(str(tmp_path / "export"), packed, project)
    contents = []
    for number, place in enumerate((str(project / "project"), f"{archive}!project")):
        stanza = Source(name="s", customer="c", domain="d", format="supervisely", scene="partial", annotations=place)
        pipeline = pipeline_of(tmp_path / str(number), stanza)
        assert ingest(pipeline).rows_out == 6 + 26
        rows = open_lake(pipeline).read("annotations").to_pylist()
        contents.append([(row["instance_id"], row["geometry"]) for row in rows])
        assert all(Path(row["uri"]).is_file() for row in open_lake(pipeline).read("images").to_pylist())
    assert contents[0] == contents[1]
