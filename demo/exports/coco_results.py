"""Writes COCO results: what a perfect model would find on the world, and the data set's own file without any annotation.

Source: cocodataset.org/#format-results.
"""

from collections.abc import Iterable
from pathlib import Path

from demo.customers import Customer
from demo.exports.coco import image_record
from demo.exports.packed import write_json
from demo.shots import Shot, with_images_in
from imaging.masks.masks import encode


def write_coco_results(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `dataset.json` and `results.json`; crowds are not found."""
    categories = [{"id": number, "name": label} for number, label in enumerate(customer.labels.values(), start=1)]
    images, found = [], []
    for image_id, shot in enumerate(with_images_in(folder / "images", taken), start=1):
        images.append(image_record(shot, image_id))
        for number, thing in enumerate(thing for thing in shot.scene.things if not thing.is_crowd):
            shape = {"size": [shot.scene.height, shot.scene.width], "counts": encode(thing.mask)}
            score = 1.0 - number / 1000
            found.append({"image_id": image_id, "category_id": 1 + customer.index(thing.kind), "segmentation": shape, "score": score})
    write_json(folder / "dataset.json", {"images": images, "categories": categories})
    return write_json(folder / "results.json", found)
