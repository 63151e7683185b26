"""Shots in, Label Studio tasks with their images out: polygons in per cent, brushes in its own run-length code.

Source: labelstud.io/guide/export, "JSON".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import brush
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in


def write_label_studio(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `tasks.json` and `images/`; things of one part without holes are polygons, others brushes; no crowds.

    Returns:
        The file of tasks.
    """
    tasks = [_task(number, shot, customer) for number, shot in enumerate(with_images_in(folder / "images", taken), start=1)]
    path = folder / "tasks.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def _task(number: int, shot: Shot, customer: Customer) -> dict[str, Any]:
    result = [_result(shot.scene, thing, customer) for thing in shot.scene.things if not thing.is_crowd]
    annotation = {
        "id": 1000 + number,
        "completed_by": 1,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-05T10:00:00.000000Z",
        "task": number,
    }
    return {
        "id": number,
        "annotations": [annotation],
        "file_upload": f"{number:08x}-{shot.file_name}",
        "predictions": [],
        "data": {"image": f"/data/upload/1/{shot.file_name}"},
    }


def _result(scene: Scene, thing: Thing, customer: Customer) -> dict[str, Any]:
    outer, holes = outlines(thing.mask)
    kind = "brushlabels" if holes or len(outer) > 1 else "polygonlabels"
    if kind == "brushlabels":
        value: dict[str, Any] = {"format": "rle", "rle": brush(thing.mask)}
    else:
        value = {"points": [[100 * x / scene.width, 100 * y / scene.height] for x, y in outer[0]], "closed": True}
    return {
        "id": f"region{thing.number}",
        "type": kind,
        "value": {**value, kind: [customer.labels[thing.kind]]},
        "origin": "manual",
        "to_name": "image",
        "from_name": "label",
        "image_rotation": 0,
        "original_width": scene.width,
        "original_height": scene.height,
    }
