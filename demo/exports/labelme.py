"""Writes LabelMe documents beside their images: polygons, groups of polygons, masks.

Source: github.com/wkentaro/labelme, version 5 documents.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.camera import png
from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import cut_to_box, gray, in_base64, write_json
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_labelme(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write one document beside each image; every fourth holds its image. Crowds are left out.

    A thing in several parts is a group of polygons, one with holes a mask.
    """
    for number, shot in enumerate(with_images_in(folder, taken)):
        shapes = [shape for thing in shot.scene.objects for shape in _shapes(thing, customer.labels[thing.kind])]
        embedded = number % 4 == 3
        data = in_base64(shot.photograph.data) if embedded else None
        image = {"imagePath": shot.file_name, "imageData": data, "imageHeight": shot.scene.height, "imageWidth": shot.scene.width}
        write_json(folder / f"{shot.scene.name}.json", {"version": "5.7.0", "flags": {}, "shapes": shapes, **image})
        if embedded:
            (folder / shot.file_name).unlink()
    return folder


def _shapes(thing: Thing, label: str) -> list[dict[str, Any]]:
    outer, holes = outlines(thing.mask)
    if holes:
        x, y, width, height = thing.box
        corners = [(float(x), float(y)), (float(x + width - 1), float(y + height - 1))]
        return [_shape(label, "mask", corners, mask=in_base64(png(gray(cut_to_box(thing), 1))))]
    group = thing.number if len(outer) > 1 else None
    return [_shape(label, "polygon", [(float(x), float(y)) for x, y in outline], group=group) for outline in outer]


def _shape(
    label: str, kind: str, points: list[tuple[float, float]], *, group: int | None = None, mask: str | None = None
) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": group, "description": "", "shape_type": kind, "flags": {}, "mask": mask}
