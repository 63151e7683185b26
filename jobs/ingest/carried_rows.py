"""What a source held before and what its export brings now in; the earlier rows that stand on out.

An export that is not complete says nothing of what it leaves out, so that stays. What it brings again, by record or by
document, replaces what stood under that name, whatever becomes of it; an image under a known address replaces that one,
and an object equal to one that stands under another name takes its place: its document was renamed. An image stands on
though nothing lies on it any more: it is the source's own until a complete export leaves it out.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.annotate import CONTENT
from jobs.sources.records import container_of
from lake.contracts import Annotation
from lake.schemas import arrow_schema

EARLIER = "earlier"
"""Name, among the inputs of a stage key, of the annotations that stood before."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rows of a source that the export does not replace, and how many it does away with."""

    images: pa.Table
    annotations: pa.Table
    replaced: int

    def bare(self) -> int:
        """Count the images on which no annotation lies."""
        return len(self.images) - pc.sum(_among(self.images, "image_id", self.annotations)).as_py() if len(self.images) else 0


def same_export(published: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether two stage keys are digests of the same export and stanza, whatever stood before."""
    return _without_earlier(published) == _without_earlier(wanted)


def standing_rows(
    images: pa.Table,
    annotations: Iterable[pa.RecordBatch],
    brought: Set[str],
    pictures: pa.Table,
    contents: Iterable[pa.Table] = (),
) -> Earlier:
    """Choose the earlier rows that an incomplete export leaves standing.

    Args:
        images: The source's rows of `images`, as they were.
        annotations: Its rows of `annotations`, as they were, in batches.
        brought: Containers of every record that the export brings, kept or rejected; see `container_of`.
        images: Rows of `images` that the export gives.
        contents: `CONTENT` of the annotations that it gives; read only where some of them may equal one that stands.
    """
    listed = pc.or_(_among(images, "image_id", pictures), _among(images, "uri", pictures))
    left = images.filter(pc.invert(listed))
    known = pa.concat_arrays([_column(left, "image_id"), _column(pictures, "image_id")])
    kept, replaced = [], 0
    for batch in annotations:
        again = pa.array(np.array([container_of(ref) in brought for ref in batch.column("source_ref").to_pylist()], bool))
        stands = pc.and_(pc.invert(again), pc.is_in(batch.column("image_id"), known))
        kept.append(batch.filter(stands))
        replaced += batch.num_rows - kept[-1].num_rows
    rows = pa.Table.from_batches(kept, schema=arrow_schema(Annotation))
    shared = rows.filter(_among(rows, "image_id", pictures)).column("image_id").unique()
    given = [table.filter(pc.is_in(table.column("image_id"), shared)) for table in contents] if len(shared) else []
    if given:
        apart = rows.join(pa.concat_tables(given), keys=list(CONTENT), join_type="left anti", use_threads=False)
        replaced, rows = replaced + len(rows) - len(apart), apart.select(rows.schema.names).cast(rows.schema)
    return Earlier(left, rows.sort_by([("image_id", "ascending"), ("instance_id", "ascending")]), replaced)


def containers(refs: Iterable[pa.ChunkedArray]) -> set[str]:
    """Return the containers of references; see `container_of`."""
    return set(_each_container(refs))


def _each_container(refs: Iterable[pa.ChunkedArray]) -> Iterator[str]:
    for column in refs:
        for ref in column.to_pylist():
            yield container_of(ref)


def _among(rows: pa.Table, name: str, others: pa.Table) -> pa.Array:
    return pc.is_in(_column(rows, name), _column(others, name))


def _column(rows: pa.Table, name: str) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *rows.column(name).chunks])


def _without_earlier(preimage: Mapping[str, Any]) -> dict[str, Any]:
    inputs = {name: value for name, value in preimage.get("inputs", {}).items() if name != EARLIER}
    return {**preimage, "inputs": inputs}
