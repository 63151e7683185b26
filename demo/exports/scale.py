"""Shots in, Scale segmentation tasks with their index PNGs and images out: one index for each instance.

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
from demo.scenes import Scene
from demo.shots import Shot, with_images_in


def write_scale(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `tasks.json`, `images/` and `masks/`.

    Returns:
        The file of tasks.
    """
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
    index = 0
    shown = set(np.unique(scene.stuff[scene.numbers == 0]).tolist())
    for name, label in customer.stuff.items():
        if STUFF.index(name) in shown:
            index += 1
            of_stuff[STUFF.index(name)] = index
            mapping[label] = {"index": index, "color": _colour(index)}
    of_thing = np.zeros(int(scene.numbers.max()) + 1, np.uint32)
    for thing in scene.things:
        index += 1
        of_thing[thing.number] = index
        mapping.setdefault(customer.labels[thing.kind], []).append({"index": index, "color": _colour(index)})
    return mapping, np.where(scene.numbers > 0, of_thing[scene.numbers], of_stuff[scene.stuff])


def _task(shot: Shot, customer: Customer, mapping: dict[str, Any], highest: int) -> dict[str, Any]:
    key = "indexedImage" if highest < 256 else "extendedIndexedImage"
    return {
        "task_id": f"{customer.name}-{shot.scene.name}",
        "type": "segmentannotation",
        "status": "completed",
        "completed_at": "2026-01-05T10:00:00.000Z",
        "params": {
            "attachment": f"images/{shot.file_name}",
            "attachment_type": "image",
            "labels": list(customer.stuff.values()),
            "instance_labels": list(customer.labels.values()),
        },
        "metadata": {},
        "response": {"labelMapping": mapping, "annotations": {"combined": {key: f"masks/{shot.scene.name}.png"}}},
    }


def index_png(indices: npt.NDArray[np.uint32]) -> bytes:
    """Encode (H, W) indices as gray bytes while these are enough, else as 24 bits in RGB with red least significant."""
    if indices.max() < 256:
        return png(indices.astype(np.uint8))
    return png(np.stack([(indices >> shift) & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8))


def _colour(index: int) -> list[int]:
    return [(index * 97 + 60) % 256, (index * 61 + 110) % 256, (index * 173 + 30) % 256]
