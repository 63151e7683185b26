"""Writes a Datumaro document: polygons in groups, masks as COCO run lengths, crowds.

Source: open-edge-platform/datumaro, "Datumaro format".
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import flat, outlines
from demo.exports.packed import write_json
from demo.scenes import Scene
from demo.shots import Shot, with_images_in
from imaging.masks.masks import encode


def write_datumaro(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/train/` and `annotations/train.json`; things with holes and crowds are masks, others polygons."""
    items = []
    for shot in with_images_in(folder / "images" / "train", taken):
        image = {"path": shot.file_name, "size": [shot.scene.height, shot.scene.width]}
        items.append({"id": shot.scene.name, "annotations": _annotations(shot.scene, customer), "image": image})
    labels = [{"name": name, "parent": "", "attributes": []} for name in customer.labels.values()]
    document = {"infos": {}, "categories": {"label": {"labels": labels, "attributes": []}}, "items": items}
    return write_json(folder / "annotations" / "train.json", document)


def _annotations(scene: Scene, customer: Customer) -> list[dict[str, Any]]:
    annotations: list[dict[str, Any]] = []
    for thing in scene.things:
        group = {"attributes": {"is_crowd": thing.is_crowd}, "group": thing.number, "label_id": customer.index(thing.kind), "z_order": 0}
        outer, holes = outlines(thing.mask)
        if holes or thing.is_crowd:
            rle = {"counts": encode(thing.mask), "size": [scene.height, scene.width]}
            annotations.append({"id": len(annotations), "type": "mask", **group, "rle": rle})
        else:
            annotations += [
                {"id": number, "type": "polygon", **group, "points": flat(outline)}
                for number, outline in enumerate(outer, start=len(annotations))
            ]
    return annotations
