"""Writes a YOLO segmentation data set: one normalised ring a line.

Source: docs.ultralytics.com/datasets/segment.
"""

from collections.abc import Iterable
from pathlib import Path

import yaml

from demo.customers import Customer
from demo.exports.corners import one_ring
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in


def write_yolo_seg(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `data.yaml`, `labels/train/` and `images/train/`.

    The format has one ring an object: further parts and holes hang on it by a cut of no width, there and back. No crowds.
    """
    labels = folder / "labels" / "train"
    labels.mkdir(parents=True, exist_ok=True)
    document = {"path": ".", "train": "images/train", "names": dict(enumerate(customer.labels.values()))}
    (folder / "data.yaml").write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for shot in with_images_in(folder / "images" / "train", taken):
        lines = [_line(shot.scene, thing, customer.index(thing.kind)) for thing in shot.scene.objects]
        (labels / f"{shot.scene.name}.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def _line(scene: Scene, thing: Thing, number: int) -> str:
    corners = (f"{x / scene.width:.8f} {y / scene.height:.8f}" for x, y in one_ring(thing.mask))
    return " ".join([str(number), *corners]) + "\n"
