"""Writes a COCO panoptic file with its id maps: every pixel in one segment, stuff included.

Source: cocodataset.org/#format-data, "Panoptic segmentation": id = R + 256 G + 65536 B, 0 is void.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.catalogue import STUFF
from demo.customers import Customer
from demo.exports.coco import image_record
from demo.exports.packed import as_rgb, write_json, write_png
from demo.scenes import Scene, mask_box
from demo.shots import Shot, with_images_in

_STEP = 65_793  # between ids: all three channels are used


def write_coco_panoptic(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `panoptic/` (id maps) and `panoptic.json`; stuff without a label of the customer stays void."""
    named = [(label, 1) for label in customer.labels.values()] + [(label, 0) for label in customer.stuff.values()]
    categories = [{"id": number, "name": name, "isthing": thing} for number, (name, thing) in enumerate(named, start=1)]
    images, annotations = [], []
    for image_id, shot in enumerate(with_images_in(folder / "images", taken), start=1):
        images.append(image_record(shot, image_id))
        segments, ids = _segments(shot.scene, customer)
        file_name = f"{shot.scene.name}.png"
        write_png(folder / "panoptic" / file_name, as_rgb(ids))
        annotations.append({"image_id": image_id, "file_name": file_name, "segments_info": segments})
    return write_json(folder / "panoptic.json", {"images": images, "annotations": annotations, "categories": categories})


def _segments(scene: Scene, customer: Customer) -> tuple[list[dict[str, Any]], npt.NDArray[np.uint32]]:
    """Return `segments_info` and the id map (H, W)."""
    found = [(thing.mask, 1 + customer.index(thing.kind), thing.is_crowd) for thing in scene.things]
    for number, name in enumerate(customer.stuff, start=1 + len(customer.labels)):
        mask = (scene.numbers == 0) & (scene.stuff == STUFF.index(name))
        found += [(mask, number, False)] * bool(mask.any())
    ids = np.zeros(scene.numbers.shape, np.uint32)
    segments = []
    for number, (mask, category_id, is_crowd) in enumerate(found, start=1):
        ids[mask] = number * _STEP
        shape = {"area": int(mask.sum()), "bbox": list(mask_box(mask)), "iscrowd": int(is_crowd)}
        segments.append({"id": number * _STEP, "category_id": category_id, **shape})
    return segments, ids
