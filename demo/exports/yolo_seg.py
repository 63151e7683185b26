"""Shots in, a YOLO segmentation data set out: one normalised ring a line.

Source: docs.ultralytics.com/datasets/segment.
"""

from collections.abc import Iterable
from pathlib import Path

import yaml

from demo.customers import Customer
from demo.exports.corners import Outline, outlines
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in


def write_yolo_seg(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `data.yaml`, `labels/train/` and `images/train/`.

    The format has one ring an object: further parts and holes hang on it by a cut of no width, there and back. No crowds.

    Returns:
        The data set's folder.
    """
    labels = folder / "labels" / "train"
    labels.mkdir(parents=True, exist_ok=True)
    names = dict(enumerate(customer.labels.values()))
    document = {"path": ".", "train": "images/train", "names": names}
    (folder / "data.yaml").write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    kinds = list(customer.labels)
    for shot in with_images_in(folder / "images" / "train", taken):
        lines = [_line(shot.scene, thing, kinds.index(thing.kind)) for thing in shot.scene.things if not thing.is_crowd]
        (labels / f"{shot.scene.name}.txt").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return folder


def _line(scene: Scene, thing: Thing, number: int) -> str:
    outer, holes = outlines(thing.mask)
    ring = one_ring([*outer, *holes])
    return " ".join([str(number), *(f"{x / scene.width:.8f} {y / scene.height:.8f}" for x, y in ring)])


def one_ring(rings: list[Outline]) -> Outline:
    """Join rings to one: from the first ring's start to each other ring's, around it, and back the same way."""
    first, *others = rings
    joined = [*first, first[0]] if others else list(first)
    for other in others:
        joined += [*other, other[0], first[0]]
    return joined
