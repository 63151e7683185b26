"""Shots in, a Labelbox NDJSON export with its images and masks out: polygons, and masks as images of their own.

Source: docs.labelbox.com, "Export overview".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from demo.camera import png
from demo.customers import Customer
from demo.exports.corners import outlines
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_labelbox(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `export.ndjson`, `masks/` and `images/`; things of one part without holes are polygons, others masks; no crowds.

    Returns:
        The file of lines.
    """
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    path = folder / "export.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for shot in with_images_in(folder / "images", taken):
            objects = [_object(folder, shot, thing, customer) for thing in shot.scene.things if not thing.is_crowd]
            file.write(json.dumps(_line(shot, objects)) + "\n")
    return path


def _line(shot: Shot, objects: list[dict[str, Any]]) -> dict[str, Any]:
    label = {"label_kind": "Default", "label_details": {"created_at": "2026-01-05T10:00:00.000+00:00"}, "annotations": {"objects": objects}}
    return {
        "data_row": {"id": f"row-{shot.scene.name}", "external_id": shot.file_name, "row_data": f"images/{shot.file_name}"},
        "media_attributes": {"height": shot.scene.height, "width": shot.scene.width},
        "projects": {"project-1": {"name": "demo", "labels": [label]}},
    }


def _object(folder: Path, shot: Shot, thing: Thing, customer: Customer) -> dict[str, Any]:
    name, feature = customer.labels[thing.kind], f"{shot.scene.name}-{thing.number}"
    shared = {"feature_id": feature, "name": name, "value": name.replace(" ", "_"), "classifications": []}
    outer, holes = outlines(thing.mask)
    if holes or len(outer) > 1:
        (folder / "masks" / f"{feature}.png").write_bytes(png(thing.mask.astype(np.uint8) * np.uint8(255)))
        return {**shared, "annotation_kind": "ImageSegmentationMask", "mask": {"url": f"masks/{feature}.png"}}
    points = [{"x": float(x), "y": float(y)} for x, y in outer[0]]
    return {**shared, "annotation_kind": "ImagePolygon", "polygon": points}
