"""Shots in, CVAT for images 1.1 with its images out: polygons, and masks as runs by row within their box.

Source: docs.cvat.ai, "CVAT for image export".
"""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from demo.customers import Customer
from demo.exports.corners import outlines
from demo.exports.packed import cut_to_box, row_runs
from demo.scenes import Thing
from demo.shots import Shot, with_images_in


def write_cvat(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `annotations.xml` and `images/`; things of one part without holes are polygons, others masks; no crowds.

    Returns:
        The annotation file.
    """
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    labels = ET.SubElement(task, "labels")
    for name in customer.labels.values():
        ET.SubElement(ET.SubElement(labels, "label"), "name").text = name
    for place, shot in enumerate(with_images_in(folder / "images", taken)):
        sides = {"width": str(shot.scene.width), "height": str(shot.scene.height)}
        image = ET.SubElement(root, "image", {"id": str(place), "name": shot.file_name, **sides})
        for thing in shot.scene.things:
            if not thing.is_crowd:
                _add(image, thing, customer.labels[thing.kind])
    path = folder / "annotations.xml"
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _add(image: ET.Element, thing: Thing, label: str) -> None:
    outer, holes = outlines(thing.mask)
    shared = {"label": label, "source": "manual", "occluded": "0", "z_order": str(thing.number)}
    if holes or len(outer) > 1:
        x, y, width, height = thing.box
        runs = ", ".join(map(str, row_runs(cut_to_box(thing))))
        place = {"left": str(x), "top": str(y), "width": str(width), "height": str(height)}
        ET.SubElement(image, "mask", {"rle": runs, **place, **shared})
    else:
        points = ";".join(f"{x:.2f},{y:.2f}" for x, y in outer[0])
        ET.SubElement(image, "polygon", {"points": points, **shared})
