"""Ingest on real Spark and real exports: counts reproduced, nothing lost or doubled, the same bytes for any master."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO

from jobs.spark.ingest import ingest
from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError, InputError
from lake.lake import Lake, open_lake
from lake.masks import decode
from lake.stage_report import StageReport

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
    assert owning == 656
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
    doubled = [row["source_ref"] for row in lake.read("rejects").to_pylist() if row["reason"] == "duplicate-id"]
    assert sorted(doubled) == [":309", ":4040"]


def test_the_bytes_of_every_shard_are_those_of_the_plain_functions(data_folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("jobs.sources.coco_grouping.MOST_OBJECTS", 100)
    digests = []
    for number, plain in enumerate((False, True)):
        pipeline = pipeline_of(tmp_path / str(number), source(data_folder, "coco", **COCO_MINI))
        if plain:
            monkeypatch.setattr("jobs.spark.ingest.run_tasks", lambda _, pieces, work: [work(piece) for piece in pieces])
        ingest(pipeline)
        digests.append({table: file_digests(open_lake(pipeline), table) for table in ("images", "annotations")})
    assert digests[0] == digests[1]


def test_a_changed_picture_or_record_is_published_anew(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder / "platform/roboflow/sharks-tiny-coco/valid", tmp_path / "export")
    document = tmp_path / "export" / "_annotations.coco.json"
    pipeline = pipeline_of(tmp_path, source(tmp_path, "sharks", format="coco", annotations=str(document)))
    first = ingest(pipeline)
    assert ingest(pipeline).skipped
    picture = next(document.parent.glob("*.jpg"))
    picture.write_bytes(picture.read_bytes() + b"\0")
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
