"""Objects on their images and their masks in, rows of `annotations` out, column by column."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from imaging.masks.properties import FACTS
from jobs.ingest.geometries import Masks
from jobs.ingest.image_files import SoundImage
from jobs.sources.records import LabelledObject
from lake.configuration import Source
from lake.contracts import Annotation
from lake.schemas import conform

ON_IMAGE = tuple[LabelledObject, SoundImage]


@dataclass(frozen=True, slots=True)
class Rows:
    """Objects with a mask, as columns of N rows; None where no row has a value."""

    refs: Sequence[str]
    image_ids: pa.Array
    labels: pa.Array
    counts: pa.Array
    facts: NDArray[np.int64]  # (N, 8) in the order of `imaging.masks.properties.FACTS`
    heights: pa.Array
    widths: pa.Array
    is_crowd: pa.Array
    is_void: pa.Array | None = None  # None: no row is void
    annotators: pa.Array | None = None
    annotated_at: pa.Array | None = None


def annotation_table(placed: Sequence[ON_IMAGE], masks: Masks, source: Source) -> pa.Table:
    """Make one row of each object that has a mask.

    Args:
        placed: Objects, each with its image.
        masks: Of the same objects, in the same order.
        source: The stanza of the export.
    """
    kept = np.array([place not in masks.refused for place in range(len(placed))], bool)
    rows = [pair for pair, keep in zip(placed, kept.tolist(), strict=True) if keep]
    records = [record for record, _ in rows]
    files = [image.file for _, image in rows]
    columns = Rows(
        refs=[record.ref for record in records],
        image_ids=pa.array([file.image_id for file in files], pa.string()),
        labels=pa.array([record.label for record in records], pa.string()),
        counts=masks.counts.filter(pa.array(kept)),
        facts=masks.facts[kept],
        heights=pa.array([file.header.height for file in files], pa.int32()),
        widths=pa.array([file.header.width for file in files], pa.int32()),
        is_crowd=pa.array([record.is_crowd for record in records], pa.bool_()),
        is_void=pa.array([record.is_void for record in records], pa.bool_()),
        annotators=pa.array([record.annotator for record in records], pa.string()),
        annotated_at=pa.array([record.annotated_at for record in records], pa.timestamp("us", tz="UTC")),
    )
    return annotation_rows(columns, source)


def annotation_rows(rows: Rows, source: Source) -> pa.Table:
    """Make rows of `annotations`; what the stanza says is the same in each."""
    count = len(rows.refs)
    columns = {
        "instance_id": _instance_ids(source.name, rows),
        "image_id": rows.image_ids,
        "source": _same(source.name, count),
        "source_ref": pa.array(rows.refs, pa.string()),
        "customer": _same(source.customer, count),
        "domain": _same(source.domain, count),
        "label": rows.labels,
        "geometry": rows.counts,
        "image_width": rows.widths,
        "image_height": rows.heights,
        **{name: pa.array(rows.facts[:, place]) for place, name in enumerate(FACTS[:-1])},
        "owns_centre": pa.array(rows.facts[:, -1] == 1),
        "is_crowd": rows.is_crowd,
        "is_void": pa.repeat(pa.scalar(False), count) if rows.is_void is None else rows.is_void,
        "scene": _same(source.scene, count),
        "annotator": pa.nulls(count, pa.string()) if rows.annotators is None else rows.annotators,
        "annotated_at": pa.nulls(count, pa.timestamp("us", tz="UTC")) if rows.annotated_at is None else rows.annotated_at,
    }
    return conform(pa.table(columns), Annotation)


def _instance_ids(source: str, rows: Rows) -> list[str]:
    """Return the digests that `lake.digests.digest` gives; orjson writes the same canonical JSON of a list of texts."""
    columns = (rows.refs, rows.image_ids.to_pylist(), rows.labels.to_pylist(), rows.counts.to_pylist())
    return [hashlib.sha256(orjson.dumps((source, *texts))).hexdigest() for texts in zip(*columns, strict=True)]


def _same(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)
