"""Night after night of one source, on a disk, in archives and on Ceph's S3: what is corrected, emptied, renamed and left out."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from PIL import Image

from lake.configuration import Pipeline, Source
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport
from tests.support.plain_ingest import NO_LIMITS, source_of
from tests.support.services import CREDENTIALS, ceph_endpoint, environment
from tests.support.stages import ingest

SIDE = 40


def square(left: int) -> list[list[int]]:
    return [[left, 2], [left + 5, 2], [left + 5, 9], [left, 9]]


def document(folder: Path, name: str, image: str, shapes: dict[str, int], colour: int) -> None:
    """Write a LabelMe document of squares, label -> left edge, with its image."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((SIDE, SIDE, 3), colour, np.uint8)).save(folder / image)
    drawn = [{"label": label, "points": square(left), "shape_type": "polygon"} for label, left in shapes.items()]
    (folder / name).write_text(json.dumps({"shapes": drawn, "imagePath": image, "imageWidth": SIDE, "imageHeight": SIDE}))


def nights(folder: Path) -> Iterator[tuple[str, set[str], dict[str, Any]]]:
    """Change an export from night to night; yields what happened, what should stand, and what the report should say."""
    document(folder, "a.json", "a.png", {"dog": 1, "cat": 20}, 1)
    document(folder, "b.json", "b.png", {"hen": 1}, 2)
    document(folder, "c.json", "c.png", {"cow": 1}, 3)
    yield "first", {"a.json dog 1", "a.json cat 20", "b.json hen 1", "c.json cow 1"}, {"images": 3}
    document(folder, "a.json", "a.png", {"dog": 3, "cat": 20}, 1)
    yield "corrected", {"a.json dog 3", "a.json cat 20", "b.json hen 1", "c.json cow 1"}, {"replaced": 4}
    document(folder, "b.json", "b.png", {}, 2)
    yield "emptied", {"a.json dog 3", "a.json cat 20", "c.json cow 1"}, {"images": 3, "annotations": 3}
    shutil.move(folder / "a.json", folder / "z.json")
    wanted = {"carried": {"images": 0, "annotations": 0, "unannotated_images": 0}}
    yield "renamed", {"z.json dog 3", "z.json cat 20", "c.json cow 1"}, wanted
    (folder / "c.json").unlink()
    (folder / "c.png").unlink()
    wanted = {"carried": {"images": 1, "annotations": 1, "unannotated_images": 0}}
    yield "left out", {"z.json dog 3", "z.json cat 20", "c.json cow 1"}, wanted
    document(folder, "d.json", "same.png", {"fox": 30}, 1)
    stands = {"z.json dog 3", "z.json cat 20", "c.json cow 1", "d.json fox 30"}
    yield "one image under two names", stands, {"rejected": {"duplicate-record": 1}}


def pipeline_of(folder: Path, store: str, *sources: Source) -> Pipeline:
    places = {"taxonomy": folder / "t.yaml", "label_maps": folder / "maps", "gates": folder / "g.yaml"}
    settings = {"name": "nights", "store": store, "catalog": f"sqlite:///{folder}/catalog.db", "spark": {"master": "local[1]"}}
    return Pipeline.model_validate({**settings, **places, "sources": list(sources), "limits": NO_LIMITS})


def standing(lake: Lake) -> set[str]:
    rows = lake.read("annotations").to_pylist()
    assert len(rows) == len({row["instance_id"] for row in rows})
    return {f"{row['source_ref'].partition('#')[0]} {row['label']} {row['box_x']}" for row in rows}


def found_in(report: StageReport, name: str) -> Any:
    return report.details["sources"]["s"][name]


class Disk:
    """Keeps an export where it is."""

    def __init__(self, folder: Path) -> None:
        self.store = str(folder / "store")

    def brought(self, export: Path) -> str:
        return str(export)


class Zipped(Disk):
    """Packs an export again each night, under a name of its own."""

    count = 0

    def brought(self, export: Path) -> str:
        self.count += 1
        return shutil.make_archive(str(export.parent / f"night-{self.count}"), "zip", export)


class Bucket:
    """Makes a prefix of a bucket hold what an export's folder holds."""

    def __init__(self, bucket: str) -> None:
        self.bucket, self.store = bucket, f"s3://{bucket}/store"

    def brought(self, export: Path) -> str:
        client = boto3.session.Session().client("s3")
        for entry in client.list_objects_v2(Bucket=self.bucket, Prefix="export/").get("Contents", []):
            if not (export / entry["Key"].removeprefix("export/")).exists():
                client.delete_object(Bucket=self.bucket, Key=entry["Key"])
        for file in export.iterdir():
            client.put_object(Bucket=self.bucket, Key=f"export/{file.name}", Body=file.read_bytes())
        return f"s3://{self.bucket}/export"


@pytest.fixture(scope="module")
def ceph() -> Iterator[None]:
    with ceph_endpoint() as endpoint, environment({**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}):
        boto3.session.Session().client("s3").create_bucket(Bucket="nights")
        yield


FEW = ("first", "emptied", "left out")
"""Nights that are enough to see that a place makes no difference."""


@pytest.mark.parametrize("kind", ["disk", "zip", "s3"])
def test_an_incomplete_source_stands_night_after_night(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if kind == "s3":
        request.getfixturevalue("ceph")
    place: Any = Bucket("nights") if kind == "s3" else {"disk": Disk, "zip": Zipped}[kind](tmp_path)
    snapshots: dict[int, set[str]] = {}
    for what, wanted, said in nights(tmp_path / "export"):
        if kind != "disk" and what not in FEW:
            continue
        address = place.brought(tmp_path / "export")
        pipeline = pipeline_of(tmp_path, place.store, source_of("s", format="labelme", annotations=address))
        report = ingest(pipeline)
        lake = open_lake(pipeline)
        assert standing(lake) == wanted, what
        assert not report.skipped
        for name, value in said.items():
            if kind != "zip" or name != "carried":  # its images lie under other addresses each night
                assert found_in(report, name) == value, what
        assert report.rows_in == report.rows_out + sum(report.rejected.values())
        snapshots[lake.snapshot("annotations").snapshot_id] = wanted
    assert ingest(pipeline).skipped
    for snapshot, wanted in snapshots.items():
        rows = lake.read("annotations", as_of=snapshot).to_pylist()
        assert {f"{row['source_ref'].partition('#')[0]} {row['label']} {row['box_x']}" for row in rows} == wanted


def test_images_stand_without_annotations_until_a_complete_export_leaves_them_out(tmp_path: Path) -> None:
    document(tmp_path / "e", "a.json", "a.png", {"dog": 1}, 1)
    document(tmp_path / "e", "b.json", "b.png", {"hen": 1}, 2)
    stanza = {"format": "labelme", "annotations": str(tmp_path / "e")}
    pipeline = pipeline_of(tmp_path, str(tmp_path / "store"), source_of("s", **stanza))
    ingest(pipeline)
    document(tmp_path / "e", "a.json", "b.png", {"dog": 9}, 2)  # a.json lies on the other image now
    (tmp_path / "e/a.png").unlink()
    report = ingest(pipeline)
    lake = open_lake(pipeline)
    assert standing(lake) == {"a.json dog 9", "b.json hen 1"}
    assert found_in(report, "carried") == {"images": 1, "annotations": 0, "unannotated_images": 1}
    assert lake.read("images").num_rows == 2
    complete = pipeline_of(tmp_path, str(tmp_path / "store"), source_of("s", **stanza, complete=True))
    ingest(complete)
    assert (lake.read("images").num_rows, standing(lake)) == (1, {"a.json dog 9", "b.json hen 1"})


def test_two_sources_share_an_image_and_neither_touches_the_other(tmp_path: Path) -> None:
    for name in ("s", "other"):
        document(tmp_path / name, "a.json", "a.png", {"dog": 1}, 1)
    sources = [source_of(name, format="labelme", annotations=str(tmp_path / name), complete=True) for name in ("s", "other")]
    pipeline = pipeline_of(tmp_path, str(tmp_path / "store"), *sources)
    assert ingest(pipeline).rows_out == 4
    lake = open_lake(pipeline)
    assert len({(row["image_id"], row["split"]) for row in lake.read("images").to_pylist()}) == 1
    (tmp_path / "s/a.json").write_text('{"shapes": [], "imagePath": "a.png"}')
    ingest(pipeline)
    assert [row["source"] for row in lake.read("annotations").to_pylist()] == ["other"]
    assert lake.read("images").num_rows == 2
