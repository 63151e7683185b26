"""Shots in, LabelMe documents beside their images out: polygons, groups of polygons, masks.

Source: github.com/wkentaro/labelme, version 5 documents.
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import base64_png, cut_to_box
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_labelme(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write one document beside each image; every fourth holds its image. Crowds are left out.

    A thing in several parts is a group of polygons, one with holes a mask.

    Returns:
        The folder.
    """
    for place, shot in enumerate(with_images_in(folder, taken)):
        shapes = [shape for thing in shot.scene.things if not thing.is_crowd for shape in _shapes(thing, customer)]
        embedded = place % 4 == 3
        document: dict[str, Any] = {
            "version": "5.7.0",
            "flags": {},
            "shapes": shapes,
            "imagePath": shot.file_name,
            "imageData": base64.b64encode(shot.photograph.data).decode("ascii") if embedded else None,
            "imageHeight": shot.scene.height,
            "imageWidth": shot.scene.width,
        }
        (folder / f"{shot.scene.name}.json").write_text(json.dumps(document), encoding="utf-8")
        if embedded:
            (folder / shot.file_name).unlink()
    return folder


def _shapes(thing: Thing, customer: Customer) -> list[dict[str, Any]]:
    label = customer.labels[thing.kind]
    outer, holes = outlines(thing.mask)
    if holes:
        x, y, width, height = thing.box
        corners = [[float(x), float(y)], [float(x + width - 1), float(y + height - 1)]]
        return [_shape(label, "mask", corners, mask=base64_png(cut_to_box(thing), value=1))]
    group = thing.number if len(outer) > 1 else None
    return [_shape(label, "polygon", [[float(x), float(y)] for x, y in outline], group=group) for outline in outer]


def _shape(label: str, kind: str, points: list[list[float]], *, group: int | None = None, mask: str | None = None) -> dict[str, Any]:
    return {
        "label": label,
        "points": points,
        "group_id": group,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": mask,
    }
