"""Writes a Labelbox NDJSON export: polygons, and masks as images of their own.

Source: docs.labelbox.com, "Export overview".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import as_xy, single_outline
from demo.exports.packed import gray, write_png
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_labelbox(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `masks/` and `export.ndjson`; things of one part without holes are polygons, others masks; no crowds."""
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    path = folder / "export.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for shot in with_images_in(folder / "images", taken):
            objects = [_object(folder, shot, thing, customer.labels[thing.kind]) for thing in shot.scene.objects]
            made = {"label_kind": "Default", "label_details": {"created_at": "2026-01-05T10:00:00.000+00:00"}}
            row = {"id": f"row-{shot.scene.name}", "external_id": shot.file_name, "row_data": f"images/{shot.file_name}"}
            size = {"height": shot.scene.height, "width": shot.scene.width}
            projects = {"project-1": {"name": "demo", "labels": [{**made, "annotations": {"objects": objects}}]}}
            file.write(json.dumps({"data_row": row, "media_attributes": size, "projects": projects}) + "\n")
    return path


def _object(folder: Path, shot: Shot, thing: Thing, name: str) -> dict[str, Any]:
    feature = f"{shot.scene.name}-{thing.number}"
    shared = {"feature_id": feature, "name": name, "value": name.replace(" ", "_"), "classifications": []}
    outline = single_outline(thing.mask)
    if outline:
        return {**shared, "annotation_kind": "ImagePolygon", "polygon": as_xy(outline)}
    write_png(folder / "masks" / f"{feature}.png", gray(thing.mask))
    return {**shared, "annotation_kind": "ImageSegmentationMask", "mask": {"url": f"masks/{feature}.png"}}
