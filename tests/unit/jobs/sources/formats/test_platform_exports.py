"""Real exports of annotation platforms: the counts of their descriptions come out, masks equal their own images."""

import base64
import io
import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from imaging.masks.masks import decode
from tests.support.plain_ingest import Ingested, plain_ingest, source_of


def read(tmp_path: Path, kind: str, annotations: Path, images: Path | None = None, **stanza: Any) -> Ingested:
    stanza_paths = {"annotations": str(annotations), "images": str(images) if images else None}
    return plain_ingest(tmp_path / "store", source_of("test", format=kind, **stanza_paths, **stanza))


def mask_of(row: dict[str, Any]) -> np.ndarray:
    return decode(row["geometry"], row["image_height"], row["image_width"])


def blank(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(path)


def test_panoptic_segments_have_the_area_that_the_export_states(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "coco/labelbox_coco20"
    found = read(tmp_path, "coco-panoptic", folder / "panoptic.json", folder / "images", scene="full")
    assert len(found.images) == 20
    assert found.reasons() == {}
    segments = [row for row in found.annotations if not row["is_void"]]
    document = json.loads((folder / "panoptic.json").read_text())
    stated = {
        f"{annotation['file_name']}#{segment['id']}": (segment["area"], segment["iscrowd"])
        for annotation in document["annotations"]
        for segment in annotation["segments_info"]
    }
    assert len(segments) == len(stated) == 369
    assert {row["source_ref"]: (row["area"], int(row["is_crowd"])) for row in segments} == stated
    assert len({row["label"] for row in segments}) == 72
    covered = {row["image_id"]: 0 for row in found.annotations}
    for row in found.annotations:
        covered[row["image_id"]] += row["area"]
    assert all(covered[image["image_id"]] == image["width"] * image["height"] for image in found.images)


@pytest.mark.parametrize(("document", "count", "crowds"), [("instances.json", 62, 0), ("rle.json", 231, 10)])
def test_coco_instances_of_labelbox_are_kept_whole(tmp_path: Path, data_folder: Path, document: str, count: int, crowds: int) -> None:
    folder = data_folder / "coco/labelbox_coco20"
    found = read(tmp_path, "coco", folder / document, folder / "images")
    assert (len(found.images), len(found.annotations), found.reasons()) == (10, count, {})
    assert sum(row["is_crowd"] for row in found.annotations) == crowds


def test_labelme_shapes_of_one_group_are_one_instance_and_ignored_ones_are_void(tmp_path: Path, data_folder: Path) -> None:
    found = read(tmp_path, "labelme", data_folder / "platform/labelme/examples/instance_segmentation/data_annotated")
    assert (len(found.images), found.reasons()) == (3, {})
    assert found.labels() == {"bottle": 1, "bus": 2, "car": 1, "chair": 1, "person": 6, "sofa": 1, "void": 2}
    grouped = {row["source_ref"]: row["components"] for row in found.annotations if "group" in row["source_ref"]}
    assert grouped == {"2011_000003.json#group 0/person": 2, "2011_000006.json#group 0/sofa": 4}


def test_labelme_primitives_are_kept_or_rejected_by_their_type(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "platform/labelme/examples/primitives"
    found = read(tmp_path, "labelme", folder)
    assert found.reasons() == {"box-only": 2, "not-an-object": 3, "unsupported-geometry": 1}
    assert found.labels() == {"octagon": 1, "polygon": 1}
    (octagon,) = [row for row in found.annotations if row["label"] == "octagon"]
    shape = json.loads((folder / "primitives.json").read_text())["shapes"][-1]
    expected = np.asarray(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) > 0
    part = mask_of(octagon)[305 : 305 + expected.shape[0], 417 : 417 + expected.shape[1]]
    assert (part == expected).all()
    assert octagon["area"] == expected.sum()


def test_an_image_inside_a_labelme_document_is_taken_when_no_image_lies_beside_it(tmp_path: Path, data_folder: Path) -> None:
    found = read(tmp_path, "labelme", data_folder / "platform/labelme/examples/tutorial")
    assert len(found.annotations) == 4
    (image,) = found.images
    assert image["uri"] == f"{tmp_path}/store/exports/images/{image['image_id']}.{image['format']}"
    assert Path(image["uri"]).exists()


def test_supervisely_bitmaps_lie_where_their_origin_says(tmp_path: Path, data_folder: Path) -> None:
    project = data_folder / "platform/supervisely/lemons-annotated/project"
    found = read(tmp_path, "supervisely", project)
    assert (len(found.images), len(found.annotations), found.reasons()) == (6, 26, {})
    for path in project.glob("ds1/ann/*.json"):
        for record in json.loads(path.read_text())["objects"]:
            packed = zlib.decompress(base64.b64decode(record["bitmap"]["data"]))
            expected = np.asarray(Image.open(io.BytesIO(packed)).convert("RGBA"))[:, :, 3] > 0
            x, y = record["bitmap"]["origin"]
            (row,) = [row for row in found.annotations if row["source_ref"] == f"ds1/ann/{path.name}#{record['id']}"]
            height, width = expected.shape
            assert (mask_of(row)[y : y + height, x : x + width] == expected).all()
            assert row["area"] == expected.sum()
            assert row["annotator"] and "admin" not in row["annotator"]
            assert row["annotated_at"] is not None


def test_darwin_polygons_are_what_the_vendor_draws_but_for_the_outline(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "platform/v7_darwin/instance_mask"
    blank(tmp_path / "images/000000021295.jpg", 640, 427)
    found = read(tmp_path, "darwin", folder / "from", tmp_path / "images")
    assert found.reasons() == {}
    masks = sorted((mask_of(row) for row in found.annotations), key=lambda mask: int(mask.sum()))
    drawn = sorted((np.asarray(Image.open(path)) > 0 for path in (folder / "to/masks").glob("*.png")), key=lambda mask: int(mask.sum()))
    assert len(drawn) == 3
    for mask, wanted in zip(masks, drawn, strict=True):
        # The vendor's drawing counts every pixel that the outline touches, COCO's rasteriser the pixels inside it.
        assert not (mask & ~ndimage.binary_dilation(wanted)).any()
        assert not (ndimage.binary_erosion(wanted, iterations=2) & ~mask).any()


def test_a_darwin_mask_is_its_value_in_the_raster_layer(tmp_path: Path, data_folder: Path) -> None:
    blank(tmp_path / "images/221b-2.jpeg", 626, 1024)
    folder = data_folder / "platform/v7_darwin/semantic_mask"
    found = read(tmp_path, "darwin", folder, tmp_path / "images")
    (row,) = found.annotations
    layer, mask = json.loads((folder / "221b-2.json").read_text())["annotations"]
    pairs = layer["raster_layer"]["dense_rle"]
    value = layer["raster_layer"]["mask_annotation_ids_mapping"][mask["id"]]
    painted = np.concatenate([np.full(count, number) for number, count in zip(pairs[::2], pairs[1::2], strict=True)])
    assert (mask_of(row) == (painted.reshape(1024, 626) == value)).all()
    assert row["area"] > 1000


def test_darwin_annotations_without_a_region_have_their_reasons(tmp_path: Path, data_folder: Path) -> None:
    blank(tmp_path / "images/image_1.jpg", 1920, 1080)
    blank(tmp_path / "images/image_2.jpg", 1920, 1080)
    found = read(tmp_path, "darwin", data_folder / "platform/v7_darwin/import", tmp_path / "images")
    assert found.found == 18
    assert found.reasons()["box-only"] == 2


def test_label_studio_brushes_cover_what_the_polygons_of_the_same_objects_cover(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "platform/label_studio/ml_backend"
    (tmp_path / "export").mkdir()
    shutil.copy(folder / "car.jpg", tmp_path / "export/car.jpg")
    masks = []
    for name in ("test_brush_labels.json", "test_polygon_labels.json"):
        (prediction,) = json.loads((folder / name).read_text())
        task = {"id": 1, "data": {"image": "/data/upload/1/car.jpg"}, "annotations": [prediction]}
        (tmp_path / "export/tasks.json").write_text(json.dumps([task]))
        found = read(tmp_path, "label-studio", tmp_path / "export/tasks.json")
        assert found.reasons() == {}
        assert found.labels() == {"Person": 3}
        masks.append(sorted((mask_of(row) for row in found.annotations), key=lambda mask: int(mask.sum())))
    for brush, polygon in zip(*masks, strict=True):
        assert (brush & polygon).sum() / (brush | polygon).sum() > 0.85


def test_label_studio_tasks_are_accounted_for(tmp_path: Path, data_folder: Path) -> None:
    export = tmp_path / "export"
    shutil.copytree(data_folder / "platform/label_studio/sdk_tests", export)
    blank(export / "test_image1.jpg", 500, 320)
    blank(export / "image2.jpg", 640, 426)
    found = read(tmp_path, "label-studio", export / "data.json")
    assert (found.labels(), found.reasons()) == ({"polygon_label": 1}, {"box-only": 1, "not-an-object": 2})
    renamed = json.loads((export / "data_polygons.json").read_text())
    renamed[0]["data"]["image"] = "https://host/data/image2.jpg?token=secret"
    (export / "data_polygons.json").write_text(json.dumps(renamed))
    found = read(tmp_path, "label-studio", export / "data_polygons.json")
    assert (found.labels(), found.reasons()) == ({"Airplane": 1}, {})


def test_cvat_shapes_are_accounted_for_in_tasks_and_projects(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "platform/cvat/for_images"
    task = read(tmp_path, "cvat", folder / "export_task/train.xml")
    assert (len(task.images), task.reasons()) == (2, {"box-only": 1, "empty-label": 1, "not-an-object": 2})
    project = read(tmp_path, "cvat", folder / "export_project/annotations.xml")
    assert project.found == 12
    assert project.reasons() == {"box-only": 3, "duplicate-record": 6, "not-an-object": 6}
    assert project.labels() == {"label1": 1}


def test_datumaro_and_labelbox_fixtures_hold_no_region_and_lose_none(tmp_path: Path, data_folder: Path) -> None:
    folder = data_folder / "platform/datumaro/legacy"
    found = read(tmp_path, "datumaro", folder / "annotations", folder / "images")
    assert (found.found, len(found.images)) == (7, 2)
    assert found.reasons() == {"duplicate-record": 2, "not-an-object": 7}
    found = read(tmp_path, "labelbox", data_folder / "platform/labelbox/ndjson")
    assert found.reasons() == {"box-only": 5, "missing-image": 3, "not-an-object": 1}


def test_taco_is_all_missing_images_but_for_its_doubled_ids(tmp_path: Path, data_folder: Path) -> None:
    found = read(tmp_path, "coco", data_folder / "coco/taco_annotations_only/annotations.json")
    assert found.found == 4784
    assert found.reasons() == {"duplicate-id": 2, "missing-image": 1500 + 4782}


def test_camvid_label_maps_fall_into_the_regions_of_their_classes(tmp_path: Path, data_folder: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    for path in sorted((data_folder / "camvid/labels").glob("*.png"))[::25]:
        shutil.copy(path, labels)
    stanza = {"scene": "full", "classes": str(data_folder / "camvid/classes.json")}
    found = read(tmp_path, "label-png", labels, data_folder / "camvid/images", **stanza)
    assert (len(found.images), found.reasons()) == (100, {})
    by_name = {Path(image["uri"]).stem: image["image_id"] for image in found.images}
    for path in labels.glob("*.png"):
        rows = [row for row in found.annotations if row["image_id"] == by_name[path.stem]]
        painted = np.zeros((360, 480), np.uint8)
        for row in rows:
            painted += mask_of(row)
        assert (painted == 1).all()
        values = np.asarray(Image.open(path))
        (sky,) = [row for row in rows if row["label"] == "Sky"]
        assert (mask_of(sky) == (values == 0)).all()
        void = [row for row in rows if row["is_void"]]
        assert not void or (mask_of(void[0]) == (values == 11)).all()
