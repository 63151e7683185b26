"""Writes Scale segmentation tasks with their index PNGs: one index for each instance.

Source: docs.scale.com/reference/segmentannotation-callback-format.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.camera import png
from demo.catalogue import STUFF
from demo.customers import Customer
from demo.exports.packed import as_rgb
from demo.scenes import Scene
from demo.shots import Shot, with_images_in


def write_scale(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `masks/` and `tasks.json`, task by task."""
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    path = folder / "tasks.json"
    with path.open("w", encoding="utf-8") as file:
        for number, shot in enumerate(with_images_in(folder / "images", taken)):
            mapping, indices = label_mapping(shot.scene, customer)
            (folder / "masks" / f"{shot.scene.name}.png").write_bytes(index_png(indices))
            file.write(("[\n" if number == 0 else ",\n") + json.dumps(_task(shot, customer, mapping, int(indices.max()))))
        file.write("\n]\n" if file.tell() else "[]\n")
    return path


def label_mapping(scene: Scene, customer: Customer) -> tuple[dict[str, Any], npt.NDArray[np.uint32]]:
    """Return the task's `labelMapping` and its index image, (H, W), 0 where nothing is labelled."""
    mapping: dict[str, Any] = {}
    of_stuff = np.zeros(len(STUFF), np.uint32)
    shown = set(np.unique(scene.stuff[scene.numbers == 0]).tolist())
    seen = [(STUFF.index(name), label) for name, label in customer.stuff.items() if STUFF.index(name) in shown]
    for index, (number, label) in enumerate(seen, start=1):
        of_stuff[number] = index
        mapping[label] = _entry(index)
    of_thing = {thing.number: index for index, thing in enumerate(scene.things, start=len(seen) + 1)}
    for thing in scene.things:
        mapping.setdefault(customer.labels[thing.kind], []).append(_entry(of_thing[thing.number]))
    return mapping, scene.by_pixel(of_thing, of_stuff, 0)


def index_png(indices: npt.NDArray[np.uint32]) -> bytes:
    """Encode (H, W) indices as gray bytes while these are enough, else as 24 bits in RGB with red least significant."""
    return png(indices.astype(np.uint8) if indices.max() < 256 else as_rgb(indices))


def _task(shot: Shot, customer: Customer, mapping: dict[str, Any], highest: int) -> dict[str, Any]:
    image = {"attachment": f"images/{shot.file_name}", "attachment_type": "image"}
    classes = {"labels": list(customer.stuff.values()), "instance_labels": list(customer.labels.values())}
    combined = {"indexedImage" if highest < 256 else "extendedIndexedImage": f"masks/{shot.scene.name}.png"}
    done = {"type": "segmentannotation", "status": "completed", "completed_at": "2026-01-05T10:00:00.000Z"}
    response = {"labelMapping": mapping, "annotations": {"combined": combined}}
    return {"task_id": f"{customer.name}-{shot.scene.name}", **done, "params": {**image, **classes}, "metadata": {}, "response": response}


def _entry(index: int) -> dict[str, Any]:
    return {"index": index, "color": [(index * 97 + 60) % 256, (index * 61 + 110) % 256, (index * 173 + 30) % 256]}
