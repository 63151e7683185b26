"""Shots in, V7 Darwin 2.0 documents with their images out: polygons with paths, masks in one raster layer.

Source: docs.v7labs.com, "Darwin JSON".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.customers import Customer
from demo.exports.corners import Outline, outlines
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in
from lake.digests import digest


def write_darwin(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `documents/` and `images/`; things in several parts are masks, others polygons; no crowds.

    Returns:
        The folder of documents.
    """
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    for shot in with_images_in(folder / "images", taken):
        text = json.dumps(_document(shot, customer))
        (documents / f"{shot.scene.name}.json").write_text(text, encoding="utf-8")
    return documents


def _document(shot: Shot, customer: Customer) -> dict[str, Any]:
    scene = shot.scene
    layer = np.zeros(scene.numbers.shape, np.uint16)
    annotations: list[dict[str, Any]] = []
    values: dict[str, int] = {}
    for thing in scene.things:
        if thing.is_crowd:
            continue
        number = _uuid(scene, thing)
        shared: dict[str, Any] = {"id": number, "name": customer.labels[thing.kind], "properties": [], "slot_names": ["0"]}
        outer, holes = outlines(thing.mask)
        if len(outer) > 1:
            values[number] = len(values) + 1
            layer[thing.mask] = values[number]
            annotations.append({**shared, "mask": {}})
        else:
            x, y, width, height = thing.box
            paths = [_path(outline) for outline in (*outer, *holes)]
            annotations.append({**shared, "polygon": {"paths": paths}, "bounding_box": {"x": x, "y": y, "w": width, "h": height}})
    if values:
        raster = {"dense_rle": _dense(layer), "mask_annotation_ids_mapping": values, "total_pixels": layer.size}
        shared = {"id": digest(scene.name, "raster")[:36], "name": "__raster_layer__", "properties": [], "slot_names": ["0"]}
        annotations.insert(0, {**shared, "raster_layer": raster})
    slot = {
        "type": "image",
        "slot_name": "0",
        "width": scene.width,
        "height": scene.height,
        "source_files": [{"file_name": shot.file_name}],
    }
    return {"version": "2.0", "item": {"name": shot.file_name, "path": "/", "slots": [slot]}, "annotations": annotations}


def _path(outline: Outline) -> list[dict[str, float]]:
    return [{"x": float(x), "y": float(y)} for x, y in outline]


def _dense(layer: npt.NDArray[np.uint16]) -> list[int]:
    """Value and count in turn, row by row."""
    flat = layer.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    counts = np.diff(np.append(starts, flat.size))
    return [int(number) for number in np.stack([flat[starts].astype(np.int64), counts], axis=1).ravel()]


def _uuid(scene: Scene, thing: Thing) -> str:
    text = digest(scene.name, thing.number)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))
