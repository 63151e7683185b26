"""Objects on their images and their masks in, rows of `annotations` out, column by column."""

import hashlib
from collections.abc import Sequence

import numpy as np
import orjson
import pyarrow as pa

from jobs.geometries import Masks
from jobs.image_files import SoundImage
from jobs.run_facts import FACTS
from jobs.sources.records import LabelledObject
from lake.configuration import Source
from lake.contracts import Annotation
from lake.schemas import conform

ON_IMAGE = tuple[LabelledObject, SoundImage]


def annotation_table(placed: Sequence[ON_IMAGE], masks: Masks, source: Source) -> pa.Table:
    """Make one row of each object that has a mask.

    Args:
        placed: Objects, each with its image.
        masks: Of the same objects, in the same order.
        source: The stanza of the export.
    """
    kept = np.array([place not in masks.refused for place in range(len(placed))], bool)
    rows = [pair for pair, keep in zip(placed, kept.tolist(), strict=True) if keep]
    counts = masks.counts.filter(pa.array(kept))
    facts = masks.facts[kept]
    records = [record for record, _ in rows]
    files = [image.file for _, image in rows]
    columns = {
        "instance_id": _instance_ids(source.name, rows, counts.to_pylist()),
        "image_id": [file.image_id for file in files],
        "source": _same(source.name, rows),
        "source_ref": [record.ref for record in records],
        "customer": _same(source.customer, rows),
        "domain": _same(source.domain, rows),
        "label": [record.label for record in records],
        "geometry": counts,
        "image_width": [file.header.width for file in files],
        "image_height": [file.header.height for file in files],
        **{name: pa.array(facts[:, place]) for place, name in enumerate(FACTS[:-1])},
        "owns_centre": pa.array(facts[:, -1] == 1),
        "is_crowd": [record.is_crowd for record in records],
        "is_void": [record.is_void for record in records],
        "scene": _same(source.scene, rows),
        "annotator": pa.array([record.annotator for record in records], pa.string()),
        "annotated_at": pa.array([record.annotated_at for record in records], pa.timestamp("us", tz="UTC")),
    }
    return conform(pa.table(columns), Annotation)


def _instance_ids(source: str, rows: Sequence[ON_IMAGE], counts: Sequence[str]) -> list[str]:
    """Return the digests that `lake.digests.digest` gives; orjson writes the same canonical JSON of a list of texts."""
    return [
        hashlib.sha256(orjson.dumps([source, record.ref, image.file.image_id, record.label, mask])).hexdigest()
        for (record, image), mask in zip(rows, counts, strict=True)
    ]


def _same(value: str, rows: Sequence[ON_IMAGE]) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), len(rows))
