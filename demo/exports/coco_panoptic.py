"""Shots in, a COCO panoptic file with its id maps and images out: every pixel in one segment, stuff included.

Source: cocodataset.org/#format-data, "Panoptic segmentation": id = R + 256 G + 65536 B, 0 is void.
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
from demo.exports.coco import image_record
from demo.scenes import Scene
from demo.shots import Shot, with_images_in

_STEP = 65_793  # between ids: all three channels are used


def write_coco_panoptic(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `panoptic.json`, `panoptic/` (id maps) and `images/`; stuff without a label of the customer stays void.

    Returns:
        The annotation file.
    """
    (folder / "panoptic").mkdir(parents=True, exist_ok=True)
    named = [(label, 1) for label in customer.labels.values()] + [(label, 0) for label in customer.stuff.values()]
    categories = [{"id": number, "name": name, "isthing": thing} for number, (name, thing) in enumerate(named, start=1)]
    images, annotations = [], []
    for image_id, shot in enumerate(with_images_in(folder / "images", taken), start=1):
        images.append(image_record(shot, image_id))
        segments, ids = panoptic_segments(shot.scene, customer)
        channels = np.stack([(ids >> shift) & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)
        (folder / "panoptic" / f"{shot.scene.name}.png").write_bytes(png(channels))
        annotations.append({"image_id": image_id, "file_name": f"{shot.scene.name}.png", "segments_info": segments})
    path = folder / "panoptic.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}), encoding="utf-8")
    return path


def panoptic_segments(scene: Scene, customer: Customer) -> tuple[list[dict[str, Any]], npt.NDArray[np.uint32]]:
    """Return `segments_info` and the id map, (H, W) uint32."""
    kinds, stuff = list(customer.labels), list(customer.stuff)
    ids = np.zeros(scene.numbers.shape, np.uint32)
    segments: list[dict[str, Any]] = []
    for thing in scene.things:
        segments.append(_segment(len(segments), thing.mask, 1 + kinds.index(thing.kind), ids, is_crowd=thing.is_crowd))
    for name in stuff:
        mask = (scene.numbers == 0) & (scene.stuff == STUFF.index(name))
        if mask.any():
            segments.append(_segment(len(segments), mask, 1 + len(kinds) + stuff.index(name), ids, is_crowd=False))
    return segments, ids


def _segment(place: int, mask: npt.NDArray[np.bool_], category_id: int, ids: npt.NDArray[np.uint32], *, is_crowd: bool) -> dict[str, Any]:
    number = (place + 1) * _STEP
    ids[mask] = number
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]
    return {"id": number, "category_id": category_id, "area": int(mask.sum()), "bbox": box, "iscrowd": int(is_crowd)}
