"""Writes CVAT for images 1.1: polygons, and masks as runs by row within their box.

Source: docs.cvat.ai, "CVAT for image export".
"""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from demo.customers import Customer
from demo.exports.corners import single_outline
from demo.exports.packed import cut_to_box, row_runs
from demo.shots import Shot, with_images_in


def write_cvat(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/` and `annotations.xml`; things of one part without holes are polygons, others masks; no crowds."""
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    labels = ET.SubElement(ET.SubElement(ET.SubElement(root, "meta"), "task"), "labels")
    for name in customer.labels.values():
        ET.SubElement(ET.SubElement(labels, "label"), "name").text = name
    for number, shot in enumerate(with_images_in(folder / "images", taken)):
        sides = {"width": str(shot.scene.width), "height": str(shot.scene.height)}
        image = ET.SubElement(root, "image", {"id": str(number), "name": shot.file_name, **sides})
        for thing in shot.scene.objects:
            shared = {"label": customer.labels[thing.kind], "source": "manual", "occluded": "0", "z_order": str(thing.number)}
            outline = single_outline(thing.mask)
            if outline:
                ET.SubElement(image, "polygon", {"points": ";".join(f"{x:.2f},{y:.2f}" for x, y in outline), **shared})
            else:
                box = dict(zip(("left", "top", "width", "height"), map(str, thing.box), strict=True))
                ET.SubElement(image, "mask", {"rle": ", ".join(map(str, row_runs(cut_to_box(thing)))), **box, **shared})
    path = folder / "annotations.xml"
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path
