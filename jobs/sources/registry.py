"""The readers by the names of their formats, as a stanza gives them."""

from collections.abc import Mapping
from types import MappingProxyType

from jobs.sources.formats import cvat, darwin, datumaro, label_studio, labelbox, labelme, sa_v, scale, supervisely, yolo_seg
from jobs.sources.formats.coco import panoptic, results
from jobs.sources.formats.coco import reader as coco
from jobs.sources.formats.label_png import reader as label_png
from jobs.sources.reader import Reader
from lake.errors import ConfigurationError

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "coco": coco.READER,
        "label-png": label_png.READER,
        "scale": scale.READER,
        "coco-panoptic": panoptic.READER,
        "coco-results": results.READER,
        "label-studio": label_studio.READER,
        "labelme": labelme.READER,
        "cvat": cvat.READER,
        "labelbox": labelbox.READER,
        "darwin": darwin.READER,
        "supervisely": supervisely.READER,
        "datumaro": datumaro.READER,
        "yolo-seg": yolo_seg.READER,
        "sa-v": sa_v.READER,
    }
)
"""Every format that a source's stanza may name."""


def reader_of(name: str) -> Reader:
    """Return the reader of a format.

    Raises:
        ConfigurationError: No reader has that name.
    """
    if name not in READERS:
        raise ConfigurationError(f"unknown format {name!r}; the formats are {', '.join(READERS)}")
    return READERS[name]
