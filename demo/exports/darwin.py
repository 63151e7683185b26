"""Writes V7 Darwin 2.0 documents: polygons with paths, masks in one raster layer.

Source: docs.v7labs.com, "Darwin JSON".
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from demo.customers import Customer
from demo.exports.corners import as_xy, outlines
from demo.exports.packed import runs, write_json
from demo.shots import Shot, with_images_in
from lake.digests import digest


def write_darwin(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/` and `documents/`; things in several parts are masks, others polygons; no crowds."""
    documents = folder / "documents"
    for shot in with_images_in(folder / "images", taken):
        slot = {"type": "image", "slot_name": "0", "width": shot.scene.width, "height": shot.scene.height}
        slots = [{**slot, "source_files": [{"file_name": shot.file_name}]}]
        item = {"name": shot.file_name, "path": "/", "slots": slots}
        document = {"version": "2.0", "item": item, "annotations": _annotations(shot, customer)}
        write_json(documents / f"{shot.scene.name}.json", document)
    return documents


def _annotations(shot: Shot, customer: Customer) -> list[dict[str, Any]]:
    layer = np.zeros(shot.scene.numbers.shape, np.uint16)
    annotations: list[dict[str, Any]] = []
    values: dict[str, int] = {}
    for thing in shot.scene.objects:
        text = digest(shot.scene.name, thing.number)
        number = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))
        shared = _shared(number, customer.labels[thing.kind])
        outer, holes = outlines(thing.mask)
        if len(outer) > 1:
            values[number] = len(values) + 1
            layer[thing.mask] = values[number]
            annotations.append({**shared, "mask": {}})
        else:
            box = dict(zip("xywh", thing.box, strict=True))
            annotations.append({**shared, "polygon": {"paths": [as_xy(outline) for outline in (*outer, *holes)]}, "bounding_box": box})
    if values:
        dense = np.stack(runs(layer), axis=1).ravel().tolist()  # value and count in turn, row by row
        raster = {"dense_rle": dense, "mask_annotation_ids_mapping": values, "total_pixels": layer.size}
        annotations.insert(0, {**_shared(digest(shot.scene.name, "raster")[:36], "__raster_layer__"), "raster_layer": raster})
    return annotations


def _shared(number: str, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "properties": [], "slot_names": ["0"]}
