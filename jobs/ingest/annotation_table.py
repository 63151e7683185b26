"""Rows of `annotations`, made column by column: of single objects with masks, or of a batch of plain polygons, which is much faster.

What a batch cannot do, it leaves: objects without a sound image, without a mask, or in the stored frame of a turned image go the
way of single records, which rejects or turns them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from imaging.masks.polygon_rle import DRAWN, polygons_to_runs
from imaging.masks.properties import AREA, PROPERTIES, describe_runs
from jobs.ingest.geometries import MaskBatch
from jobs.ingest.image_files import ImageOutcome, SoundImage
from jobs.sources.records import LabelledObject, PolygonBatch
from lake.configuration import Source
from lake.contracts import Annotation
from lake.schemas import conform, empty_table

OWNER = "owner"
"""Column, beside those of `annotations` while a shard is written, of the index of a row's unit in the shard."""


def annotation_table(placed: Sequence[tuple[LabelledObject, SoundImage]], masks: MaskBatch, source: Source) -> pa.Table:
    """Make one row of each object that has a mask.

    Args:
        placed: N objects, each with its image.
        masks: Of the same N objects, in the same order.
        source: The stanza of the export.
    """
    kept = np.array([index not in masks.refused for index in range(len(placed))], bool)
    rows = [pair for pair, keep in zip(placed, kept.tolist(), strict=True) if keep]
    columns = {
        "source_ref": [record.ref for record, _ in rows],
        "image_id": pa.array([image.file.image_id for _, image in rows], pa.string()),
        "label": pa.array([record.label for record, _ in rows], pa.string()),
        "geometry": masks.counts.filter(pa.array(kept)),
        "image_height": pa.array([image.file.header.height for _, image in rows], pa.int32()),
        "image_width": pa.array([image.file.header.width for _, image in rows], pa.int32()),
        "is_crowd": pa.array([record.is_crowd for record, _ in rows], pa.bool_()),
        "is_void": pa.array([record.is_void for record, _ in rows], pa.bool_()),
        "annotator": pa.array([record.annotator for record, _ in rows], pa.string()),
        "annotated_at": pa.array([record.annotated_at for record, _ in rows], pa.timestamp("us", tz="UTC")),
    }
    return annotation_rows(columns, masks.properties[kept], source)


def annotate_polygon_batch(objects: PolygonBatch, images: Mapping[str, ImageOutcome], source: Source) -> tuple[pa.Table, NDArray[np.bool_]]:
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
    taken = usable & (status == DRAWN) & (properties[:, AREA] > 0)
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


def annotation_rows(columns: Mapping[str, Any], properties: NDArray[np.int64], source: Source) -> pa.Table:
    """Make rows of `annotations` of N objects with masks.

    Args:
        columns: By name, N values each: `source_ref` as a list, `image_id`, `label`, `geometry`, `image_height`,
            `image_width` and `is_crowd` as arrays; also `is_void`, `annotator` and `annotated_at` unless no row has one.
        properties: (N, 8), in the order of `imaging.masks.properties.PROPERTIES`.
        source: The stanza: what it says is the same in each row.
    """
    count = len(properties)
    stanza = {"source": source.name, "customer": source.customer, "domain": source.domain, "scene": source.scene}
    table = {
        "instance_id": _instance_ids(source.name, columns),
        **{name: pa.repeat(pa.scalar(value, pa.string()), count) for name, value in stanza.items()},
        **{name: pa.array(properties[:, index]) for index, name in enumerate(PROPERTIES[:-1])},
        "owns_centre": pa.array(properties[:, -1] == 1),
        "is_void": pa.repeat(pa.scalar(False), count),
        "annotator": pa.nulls(count),
        "annotated_at": pa.nulls(count),
        **columns,
    }
    return conform(pa.table(table), Annotation)


def owned_rows(annotations: pa.Table, owners: Sequence[int]) -> pa.Table:
    """Return rows with the column `OWNER`.

    Args:
        annotations: N rows of `annotations`.
        owners: N, the index of each row's unit in the shard.
    """
    return annotations.append_column(OWNER, pa.array(owners, pa.int32()))


def _instance_ids(source: str, columns: Mapping[str, Any]) -> list[str]:
    """Return the digests that `lake.digests.digest` gives; orjson writes the same canonical JSON of a list of texts."""
    texts = (columns["source_ref"], *(columns[name].to_pylist() for name in ("image_id", "label", "geometry")))
    return [hashlib.sha256(orjson.dumps((source, *row))).hexdigest() for row in zip(*texts, strict=True)]


def _is_turned(image: SoundImage, source: Source) -> bool:
    return source.exif == "stored" and image.file.header.orientation != 1
