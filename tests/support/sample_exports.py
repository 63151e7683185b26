"""Every sample export there is, small: the demo world's in all its forms, and the real ones, the large of them cut to a few images.

Real exports without images get blank ones of the size that they state, so that their geometry is rasterised.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from demo.customers import CUSTOMERS
from demo.exports.formats import FORMATS
from tests.support.factories import tiny_shots

Maker = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """How to make an export in a folder from the folder of real data, and what a stanza says of it; paths are relative to the folder."""

    format: str
    make: Maker
    annotations: str = ""
    images: str | None = None
    classes: str | None = None
    scene: str = "partial"

    def paths(self, folder: str) -> dict[str, Any]:
        """Return the stanza's format and places for a copy in `folder`, which may be `ARCHIVE!` or below `s3://`."""
        joint = "" if folder.endswith("!") else "/"
        places = {"annotations": self.annotations, "images": self.images, "classes": self.classes}
        found = {
            key: f"{folder}{joint}{value}" if value else folder.removesuffix("!") for key, value in places.items() if value is not None
        }
        return {"format": self.format, "scene": self.scene, **found}


def tree(path: str, *left_out: str) -> Maker:
    """Copy a folder of the real data as it is."""
    return lambda data, folder: _copied(data / path, folder, left_out)


def cut_coco(document: str, pictures: str, count: int, *, maps: str | None = None) -> Maker:
    """Copy a COCO export with its first images only, and the annotations that lie on them."""

    def make(data: Path, folder: Path) -> None:
        content = json.loads((data / document).read_text())
        content["images"] = content["images"][:count]
        ids = {image["id"] for image in content["images"]}
        content["annotations"] = [record for record in content["annotations"] if record["image_id"] in ids]
        (folder / "annotations").mkdir(parents=True)
        (folder / "annotations/export.json").write_text(json.dumps(content))
        (folder / "images").mkdir()
        for image in content["images"]:
            if (data / pictures / image["file_name"]).exists():
                shutil.copy(data / pictures / image["file_name"], folder / "images")
        for record in content["annotations"] if maps else []:
            (folder / "annotations/export").mkdir(exist_ok=True)
            shutil.copy(data / str(maps) / record["file_name"], folder / "annotations/export")

    return make


def label_maps(labels: str, pictures: str, classes: Mapping[str, Any] | str, stems: str) -> Maker:
    """Copy the label maps whose stem matches, with their images and a class list."""

    def make(data: Path, folder: Path) -> None:
        for kind, source in (("labels", labels), ("images", pictures)):
            (folder / kind).mkdir(parents=True)
            for path in (data / source).iterdir():
                if re.fullmatch(stems, path.stem):
                    shutil.copy(path, folder / kind)
        listed = (data / classes).read_text() if isinstance(classes, str) else json.dumps(classes)
        (folder / "classes.json").write_text(listed)

    return make


def with_images(path: str, pictures: Mapping[str, tuple[int, int]], *left_out: str) -> Maker:
    """Copy a folder and add blank images of (width, height) px."""

    def make(data: Path, folder: Path) -> None:
        _copied(data / path, folder, left_out)
        for number, (name, (width, height)) in enumerate(pictures.items()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((height, width, 3), number, np.uint8)).save(folder / name, format="JPEG")

    return make


def nucleus_task(data: Path, folder: Path) -> None:
    """Write the task that Scale's index mask would belong to."""
    folder.mkdir(parents=True)
    shutil.copy(data / "platform/scale_nucleus/000000000285.png", folder / "index.png")
    Image.fromarray(np.zeros((640, 586, 3), np.uint8)).save(folder / "bear.jpg")
    task = {
        "task_id": "nucleus",
        "completed_at": "2024-05-06T07:08:09.000Z",
        "params": {"attachment": "https://bucket.host/bear.jpg?Signature=abc"},
        "response": {
            "annotations": {"combined": {"image": "colour.png", "indexedImage": "https://host/index.png?X-Amz-Signature=abc"}},
            "labelMapping": {"grass-merged": {"index": 1, "color": "#ff0000"}, "bear": [{"index": 2, "color": "#00ff00"}]},
        },
    }
    (folder / "tasks.json").write_text(json.dumps([task]))


def car_tasks(predictions: str) -> Maker:
    """Write predictions of the machine-learning backend's tests as what an annotator accepted on their image."""

    def make(data: Path, folder: Path) -> None:
        source = data / "platform/label_studio/ml_backend"
        folder.mkdir(parents=True)
        shutil.copy(source / "car.jpg", folder)
        annotations = json.loads((source / predictions).read_text())
        tasks = [{"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-car.jpg?d=x"}, "annotations": annotations}]
        (folder / "tasks.json").write_text(json.dumps(tasks))

    return make


def _copied(source: Path, folder: Path, left_out: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.rglob("*"):
        relative = path.relative_to(source)
        if path.is_file() and not any(relative.match(pattern) for pattern in left_out):
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / relative)


_LABELME = "platform/labelme/examples"
_DARWIN = "platform/v7_darwin"
_VOC = {"classes": [{"id": number, "name": f"object {number}", "kind": "stuff"} for number in range(1, 20)], "ignore_index": 255}
_TRIMAP = {
    "classes": [
        {"id": 0, "name": "background", "kind": "stuff"},
        {"id": 255, "name": "object"},
        {"id": 128, "name": "band", "kind": "void"},
    ]
}
_MAPS = {"annotations": "labels", "images": "images", "classes": "classes.json"}
_COCO = {"annotations": "annotations/export.json", "images": "images"}

REAL: Mapping[str, Sample] = {
    "coco-mini": Sample("coco", cut_coco("coco/coco_mini/annotations/instances_train2017.json", "coco/coco_mini/train2017", 6), **_COCO),
    "coco20-instances": Sample("coco", cut_coco("coco/labelbox_coco20/instances.json", "coco/labelbox_coco20/images", 4), **_COCO),
    "coco20-rle": Sample("coco", cut_coco("coco/labelbox_coco20/rle.json", "coco/labelbox_coco20/images", 4), **_COCO),
    "coco20-panoptic": Sample(
        "coco-panoptic",
        cut_coco("coco/labelbox_coco20/panoptic.json", "coco/labelbox_coco20/images", 3, maps="coco/labelbox_coco20/masks"),
        **_COCO,
        scene="full",
    ),
    "taco": Sample("coco", cut_coco("coco/taco_annotations_only/annotations.json", "none", 40), **_COCO),
    "roboflow": Sample("coco", tree("platform/roboflow/sharks-tiny-coco")),
    "camvid": Sample(
        "label-png", label_maps("camvid/labels", "camvid/images", "camvid/classes.json", "0001TP_006[79].."), **_MAPS, scene="full"
    ),
    "grabcut": Sample("label-png", label_maps("saliency/grabcut/masks", "saliency/grabcut/images", _TRIMAP, "(bool|doll|llama)"), **_MAPS),
    "voc-objects": Sample(
        "label-png",
        label_maps(
            f"{_LABELME}/instance_segmentation/data_dataset_voc/SegmentationObject",
            f"{_LABELME}/instance_segmentation/data_dataset_voc/JPEGImages",
            _VOC,
            ".*",
        ),
        **_MAPS,
    ),
    "labelme": Sample("labelme", tree(f"{_LABELME}/instance_segmentation/data_annotated")),
    "labelme-primitives": Sample("labelme", tree(f"{_LABELME}/primitives")),
    "labelme-embedded": Sample("labelme", tree(f"{_LABELME}/tutorial")),
    "labelme-coco": Sample("coco", tree(f"{_LABELME}/instance_segmentation/data_dataset_coco"), annotations="annotations.json"),
    "supervisely": Sample("supervisely", tree("platform/supervisely/lemons-annotated", "README.md")),
    "label-studio": Sample(
        "label-studio",
        with_images("platform/label_studio/sdk_tests", {"test_image1.jpg": (500, 320)}, "data_polygons.json", "*.xml"),
        annotations="data.json",
    ),
    "label-studio-polygons": Sample(
        "label-studio",
        with_images("platform/label_studio/sdk_tests", {"image2": (640, 426)}, "data.json", "*.xml"),
        annotations="data_polygons.json",
    ),
    "label-studio-brushes": Sample("label-studio", car_tasks("test_brush_labels.json"), annotations="tasks.json"),
    "label-studio-predictions": Sample(
        "label-studio", tree("platform/label_studio/ml_backend", "*brush*"), annotations="test_polygon_labels.json"
    ),
    "labelbox": Sample("labelbox", tree("platform/labelbox/ndjson")),
    "cvat-task": Sample("cvat", tree("platform/cvat/for_images/export_task"), annotations="train.xml"),
    "cvat-project": Sample("cvat", tree("platform/cvat/for_images/export_project"), annotations="annotations.xml"),
    "datumaro": Sample("datumaro", tree("platform/datumaro/legacy"), annotations="annotations", images="images"),
    "darwin-import": Sample("darwin", with_images(f"{_DARWIN}/import", {"image_1.jpg": (1920, 1080), "image_2.jpg": (1920, 1080)})),
    "darwin-instances": Sample("darwin", with_images(f"{_DARWIN}/instance_mask/from", {"000000021295.jpg": (640, 427)})),
    "darwin-raster": Sample("darwin", with_images(f"{_DARWIN}/semantic_mask", {"221b-2.jpeg": (626, 1024)}, "to/*")),
    "scale-nucleus": Sample("scale", nucleus_task, annotations="tasks.json"),
}
"""Exports of real tools, by name."""


def demo_samples(folder: Path) -> dict[str, Sample]:
    """Write the demo world's export in each form below a folder, three small images each, and return them as samples."""
    customer = CUSTOMERS[0]
    shots = [shot for shot in tiny_shots(images=3, long_side=64) if shot.scene.domain == customer.domain]
    samples = {}
    for name, kind in FORMATS.items():
        place = folder / name
        place.mkdir(parents=True)
        annotations = str(kind.write(place, customer, shots).relative_to(place)).removeprefix(".")
        samples[f"demo-{name}"] = Sample(kind.format, tree(str(place)), annotations, kind.images, kind.classes)
    return samples
