"""Shots in, a Supervisely project out: bitmaps placed at an origin, and polygons with interiors.

Source: docs.supervisely.com, "Supervisely JSON format".
"""

import base64
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from demo.camera import png
from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import cut_to_box
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_supervisely(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `meta.json`, `ds1/ann/` and `ds1/img/`; things of one part are polygons and bitmaps in turn, others bitmaps.

    Returns:
        The project's folder.
    """
    annotations = folder / "ds1" / "ann"
    annotations.mkdir(parents=True, exist_ok=True)
    classes = [{"id": 600 + n, "title": name, "shape": "any", "color": "#51C6AA"} for n, name in enumerate(customer.labels.values())]
    (folder / "meta.json").write_text(json.dumps({"classes": classes, "tags": [], "projectType": "images"}), encoding="utf-8")
    for shot in with_images_in(folder / "ds1" / "img", taken):
        document = {
            "description": "",
            "tags": [],
            "size": {"height": shot.scene.height, "width": shot.scene.width},
            "objects": [_object(thing, customer) for thing in shot.scene.things if not thing.is_crowd],
        }
        (annotations / f"{shot.file_name}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def _object(thing: Thing, customer: Customer) -> dict[str, Any]:
    shared = {
        "id": 2_000_000 + thing.number,
        "classId": 4000 + list(customer.labels).index(thing.kind),
        "description": "",
        "labelerLogin": "annotator",
        "createdAt": "2026-01-05T10:00:00.000Z",
        "updatedAt": "2026-01-05T10:00:00.000Z",
        "tags": [],
        "classTitle": customer.labels[thing.kind],
    }
    outer, holes = outlines(thing.mask)
    if len(outer) == 1 and thing.number % 2:
        points = {"exterior": [list(corner) for corner in outer[0]], "interior": [[list(corner) for corner in hole] for hole in holes]}
        return {**shared, "geometryType": "polygon", "points": points}
    data = zlib.compress(png(cut_to_box(thing).astype(np.uint8) * np.uint8(255)))
    bitmap = {"data": base64.b64encode(data).decode("ascii"), "origin": [thing.box[0], thing.box[1]]}
    return {**shared, "geometryType": "bitmap", "bitmap": bitmap}
