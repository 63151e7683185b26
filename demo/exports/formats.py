"""The formats in which the demo world can be written, with what a source's stanza says of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from demo.customers import Customer
from demo.exports.coco import write_coco
from demo.exports.coco_panoptic import write_coco_panoptic
from demo.exports.coco_results import write_coco_results
from demo.exports.cvat import write_cvat
from demo.exports.darwin import write_darwin
from demo.exports.datumaro import write_datumaro
from demo.exports.instance_png import write_instance_png
from demo.exports.label_png import write_label_png
from demo.exports.label_studio import write_label_studio
from demo.exports.labelbox import write_labelbox
from demo.exports.labelme import write_labelme
from demo.exports.sa_v import write_sa_v
from demo.exports.scale import write_scale
from demo.exports.supervisely import write_supervisely
from demo.exports.yolo_seg import write_yolo_seg
from demo.shots import Shot

Writer = Callable[[Path, Customer, Iterable[Shot]], Path]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One way to write the world: `write` returns what the stanza's `annotations` names."""

    write: Writer
    format: str  # as the stanza has it
    images: str | None  # the stanza's folder of images, relative to the export; None: beside the annotations
    classes: str | None = None
    instances: bool = True  # whether each thing comes back as itself; else by connected parts of a class
    crowds: bool = False  # whether crowds are written
    label: str | None = None  # of every thing, in a format without classes


FORMATS: Mapping[str, ExportFormat] = MappingProxyType(
    {
        "coco": ExportFormat(write_coco, "coco", "images", crowds=True),
        "coco-panoptic": ExportFormat(write_coco_panoptic, "coco-panoptic", "images", crowds=True),
        "coco-results": ExportFormat(write_coco_results, "coco-results", "images", "dataset.json"),
        "label-png": ExportFormat(write_label_png, "label-png", "images", "classes.json", instances=False, crowds=True),
        "instance-png": ExportFormat(write_instance_png, "label-png", "images", "classes.json", crowds=True),
        "scale": ExportFormat(write_scale, "scale", None, crowds=True),
        "label-studio": ExportFormat(write_label_studio, "label-studio", "images"),
        "labelme": ExportFormat(write_labelme, "labelme", None),
        "cvat": ExportFormat(write_cvat, "cvat", "images"),
        "labelbox": ExportFormat(write_labelbox, "labelbox", "images"),
        "darwin": ExportFormat(write_darwin, "darwin", "images"),
        "supervisely": ExportFormat(write_supervisely, "supervisely", None),
        "datumaro": ExportFormat(write_datumaro, "datumaro", "images", crowds=True),
        "yolo-seg": ExportFormat(write_yolo_seg, "yolo-seg", None),
        "sa-v": ExportFormat(write_sa_v, "sa-v", None, label="object"),
    }
)
"""By name; `instance-png` is a label map whose class list has an `instance_divisor`."""
