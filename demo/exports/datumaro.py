"""Shots in, a Datumaro document with its images out: polygons in groups, masks as COCO run lengths, crowds.

Source: open-edge-platform/datumaro, "Datumaro format".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import flat, outlines
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in
from imaging.masks.masks import encode


def write_datumaro(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `annotations/train.json` and `images/train/`; things with holes and crowds are masks, others polygons.

    Returns:
        The annotation file.
    """
    items = [_item(shot, customer) for shot in with_images_in(folder / "images" / "train", taken)]
    labels = [{"name": name, "parent": "", "attributes": []} for name in customer.labels.values()]
    document = {"infos": {}, "categories": {"label": {"labels": labels, "attributes": []}}, "items": items}
    path = folder / "annotations" / "train.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _item(shot: Shot, customer: Customer) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for thing in shot.scene.things:
        annotations += _annotations(shot.scene, thing, list(customer.labels).index(thing.kind), first=len(annotations))
    image = {"path": shot.file_name, "size": [shot.scene.height, shot.scene.width]}
    return {"id": shot.scene.name, "annotations": annotations, "image": image}


def _annotations(scene: Scene, thing: Thing, label_id: int, *, first: int) -> list[dict[str, Any]]:
    shared = {"attributes": {"is_crowd": thing.is_crowd}, "group": thing.number, "label_id": label_id, "z_order": 0}
    outer, holes = outlines(thing.mask)
    if holes or thing.is_crowd:
        rle = {"counts": encode(thing.mask), "size": [scene.height, scene.width]}
        return [{"id": first, "type": "mask", **shared, "rle": rle}]
    return [{"id": first + n, "type": "polygon", **shared, "points": flat(outline)} for n, outline in enumerate(outer)]
