"""Writes a Supervisely project: bitmaps placed at an origin, and polygons with interiors.

Source: docs.supervisely.com, "Supervisely JSON format".
"""

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.camera import png
from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import cut_to_box, gray, in_base64, write_json
from demo.scenes import Thing
from demo.shots import Shot, with_images_in

_TIME = "2026-01-05T10:00:00.000Z"


def write_supervisely(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `meta.json`, `ds1/ann/` and `ds1/img/`; things of one part are polygons and bitmaps in turn, others bitmaps."""
    classes = [{"id": 600 + n, "title": name, "shape": "any", "color": "#51C6AA"} for n, name in enumerate(customer.labels.values())]
    write_json(folder / "meta.json", {"classes": classes, "tags": [], "projectType": "images"})
    for shot in with_images_in(folder / "ds1" / "img", taken):
        size = {"height": shot.scene.height, "width": shot.scene.width}
        objects = [_object(thing, customer) for thing in shot.scene.objects]
        write_json(folder / "ds1" / "ann" / f"{shot.file_name}.json", {"description": "", "tags": [], "size": size, "objects": objects})
    return folder


def _object(thing: Thing, customer: Customer) -> dict[str, Any]:
    ids = {"id": 2_000_000 + thing.number, "classId": 4000 + customer.index(thing.kind), "description": "", "labelerLogin": "annotator"}
    shared = {**ids, "createdAt": _TIME, "updatedAt": _TIME, "tags": [], "classTitle": customer.labels[thing.kind]}
    outer, holes = outlines(thing.mask)
    if len(outer) == 1 and thing.number % 2:
        return {**shared, "geometryType": "polygon", "points": {"exterior": outer[0], "interior": holes}}
    data = in_base64(zlib.compress(png(gray(cut_to_box(thing)))))
    return {**shared, "geometryType": "bitmap", "bitmap": {"data": data, "origin": thing.box[:2]}}
