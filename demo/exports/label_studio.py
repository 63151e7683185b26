"""Writes Label Studio tasks: polygons in per cent, brushes in its own run-length code.

Source: labelstud.io/guide/export, "JSON".
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import single_outline
from demo.exports.packed import brush, write_json
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in


def write_label_studio(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/` and `tasks.json`; things of one part without holes are polygons, others brushes; no crowds."""
    tasks = []
    for number, shot in enumerate(with_images_in(folder / "images", taken), start=1):
        result = [_region(shot.scene, thing, customer.labels[thing.kind]) for thing in shot.scene.objects]
        made = {"was_cancelled": False, "ground_truth": False, "created_at": "2026-01-05T10:00:00.000000Z", "task": number}
        annotations = [{"id": 1000 + number, "completed_by": 1, "result": result, **made}]
        upload = {"file_upload": f"{number:08x}-{shot.file_name}", "predictions": [], "data": {"image": f"/data/upload/1/{shot.file_name}"}}
        tasks.append({"id": number, "annotations": annotations, **upload})
    return write_json(folder / "tasks.json", tasks)


def _region(scene: Scene, thing: Thing, label: str) -> dict[str, Any]:
    outline = single_outline(thing.mask)
    kind = "polygonlabels" if outline else "brushlabels"
    value: dict[str, Any] = {"format": "rle", "rle": brush(thing.mask)} if not outline else {}
    if outline:
        value = {"points": [[100 * x / scene.width, 100 * y / scene.height] for x, y in outline], "closed": True}
    shown = {"image_rotation": 0, "original_width": scene.width, "original_height": scene.height}
    names = {"origin": "manual", "to_name": "image", "from_name": "label"}
    return {"id": f"region{thing.number}", "type": kind, "value": {**value, kind: [label]}, **names, **shown}
