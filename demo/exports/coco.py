"""Writes a COCO instances file: polygons, run lengths of both kinds, crowds.

Source: cocodataset.org/#format-data.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import flat, outlines
from demo.scenes import Scene, Thing
from demo.shots import Shot, with_images_in
from imaging.masks.masks import encode
from imaging.masks.rle import parse_counts


def write_coco(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/` and `instances.json`; annotations are streamed, so memory does not grow with their number.

    Instances with holes are written as run lengths, compressed and plain in turn; crowds as plain run lengths, as COCO
    does; all others as polygons along the borders of their pixels. Drawn again, each is its mask exactly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "instances.json"
    categories = [{"id": number, "name": label, "supercategory": "thing"} for number, label in enumerate(customer.labels.values(), start=1)]
    head = {"info": {"description": f"{customer.name}, {customer.domain}", "version": "1.0"}, "categories": categories}
    images: list[dict[str, Any]] = []
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({**head, "licenses": [{"id": 1, "name": "CC-BY-4.0", "url": ""}]})[:-1] + ', "annotations": [')
        for image_id, shot in enumerate(with_images_in(folder / "images", taken), start=1):
            images.append(image_record(shot, image_id))
            for thing in shot.scene.things:
                written += 1
                ids = {"id": written, "image_id": image_id, "category_id": 1 + customer.index(thing.kind), "iscrowd": int(thing.is_crowd)}
                size = {"bbox": [float(value) for value in thing.box], "area": float(thing.area)}
                shape = _segmentation(shot.scene, thing, compressed=written % 2 == 0)
                file.write(("" if written == 1 else ",\n") + json.dumps({**ids, **size, "segmentation": shape}))
        file.write('], "images": ' + json.dumps(images) + "}\n")
    return path


def image_record(shot: Shot, image_id: int) -> dict[str, Any]:
    """Return COCO's record of an image, in its displayed frame."""
    return {"id": image_id, "file_name": shot.file_name, "width": shot.scene.width, "height": shot.scene.height, "license": 1}


def _segmentation(scene: Scene, thing: Thing, *, compressed: bool) -> list[list[int]] | dict[str, Any]:
    outer, holes = outlines(thing.mask)
    if not holes and not thing.is_crowd:
        return [flat(outline) for outline in outer]
    counts: Any = encode(thing.mask)
    if thing.is_crowd or not compressed:
        counts = [int(run) for run in parse_counts(counts, scene.height, scene.width)]
    return {"size": [scene.height, scene.width], "counts": counts}
