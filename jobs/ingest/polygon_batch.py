"""Rows of `annotations` of plain polygons, which come as columns: much faster than one object at a time.

What this cannot do, it leaves: objects without a sound image, without a mask, or in the stored frame of a turned image go the
way of single records, which rejects or turns them.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from imaging.masks.polygon_rle import KEPT, polygons_to_runs
from imaging.masks.properties import FACTS, describe_runs
from jobs.ingest.annotation_table import annotation_rows
from jobs.ingest.image_files import SoundImage
from jobs.sources.records import PolygonBatch, Rejected
from lake.configuration import Source
from lake.contracts import Annotation
from lake.schemas import empty_table

_AREA = FACTS.index("area")


def annotate_polygon_batch(
    objects: PolygonBatch, images: Mapping[str, SoundImage | Rejected], source: Source
) -> tuple[pa.Table, NDArray[np.bool_]]:
    """Turn a batch of polygons into rows of `annotations`.

    Args:
        objects: Of one unit.
        images: What became of each image of the unit, by `ListedImage.name`.
        source: The stanza of the export.

    Returns:
        The rows; (N,) bool, which objects they are of. The others are still to be read one by one.
    """
    found = [images.get(name) for name in objects.image_names]
    sound = [image if isinstance(image, SoundImage) and not _is_turned(image, source) else None for image in found]
    sizes = np.array([(image.file.header.height, image.file.header.width) if image else (1, 1) for image in sound], np.int64).reshape(-1, 2)
    usable = objects.usable & np.array([image is not None for image in sound], bool)[objects.images] if sound else np.zeros(0, bool)
    if not usable.any():
        return empty_table(Annotation), np.zeros(objects.usable.size, bool)
    heights, widths = np.where(usable, sizes[objects.images].T, 1)
    runs, offsets, status = polygons_to_runs(objects.points, objects.rings, objects.objects, heights, widths)
    properties, text, ends = describe_runs(runs, offsets, heights)
    taken = usable & (status == KEPT) & (properties[:, _AREA] > 0)
    kept = np.flatnonzero(taken)
    counts = pa.StringArray.from_buffers(taken.size, pa.py_buffer(ends), pa.py_buffer(text)).take(pa.array(kept))
    of_image, of_label = pa.array(objects.images[kept]), pa.array(objects.labels[kept])
    columns = {
        "source_ref": [objects.refs[index] for index in kept.tolist()],
        "image_id": pa.array([image.file.image_id if image else None for image in sound], pa.string()).take(of_image),
        "label": pa.array(objects.label_names, pa.string()).take(of_label),
        "geometry": counts,
        "image_height": pa.array(heights[kept]),
        "image_width": pa.array(widths[kept]),
        "is_crowd": pa.array(objects.is_crowd[kept]),
    }
    return annotation_rows(columns, properties[kept], source), taken


def _is_turned(image: SoundImage, source: Source) -> bool:
    return source.exif == "stored" and image.file.header.orientation != 1
