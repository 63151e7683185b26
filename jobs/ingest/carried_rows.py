"""Which earlier rows of a source an incomplete export leaves standing.

An export that is not complete says nothing of what it leaves out, so that stays. What it brings again, by record or by
document, replaces what stood under that name, whatever becomes of it; an image under a known address replaces that one,
and an object equal to one that stands under another name takes its place: its document was renamed. An image stands on
though nothing lies on it any more: it is the source's own until a complete export leaves it out.
"""

import logging
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.annotate import CONTENT_COLUMNS
from jobs.ingest.image_table import ExportImages
from jobs.ingest.read_export import ReadExport
from jobs.ingest.standing_export import source_files
from jobs.ingest.write_shards import WrittenShard
from jobs.sources.records import container_of
from lake.configuration import Source
from lake.contracts import Annotation, Image
from lake.digests import is_same_work
from lake.errors import DamagedFileError, InputError
from lake.lake import Lake
from lake.publishing.parts import part_name
from lake.publishing.reading import open_parquet
from lake.publishing.shards import Receipt
from lake.publishing.snapshots import KEY_PROPERTY, PART_PROPERTY, Pins, history, summary_of
from lake.publishing.stage_report import StageReport
from lake.schemas import arrow_schema, empty_table

_log = logging.getLogger(__name__)
_CARRIED = ("images", "annotations")


@dataclass(frozen=True, slots=True)
class CarriedRows:
    """Earlier rows of a source that stand on, and how many annotations did not."""

    images: pa.Table = field(default_factory=lambda: empty_table(Image))
    annotations: pa.Table = field(default_factory=lambda: empty_table(Annotation))
    replaced: int = 0  # by what the export brings
    tombstoned: int = 0  # left out by a complete export

    def __len__(self) -> int:
        return len(self.images) + len(self.annotations)

    def unannotated_images(self) -> int:
        """Count the images on which no annotation lies."""
        return len(self.images) - pc.sum(_among(self.images, "image_id", self.annotations)).as_py() if len(self.images) else 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stood before an ingest of a source."""

    lake: Lake
    redo: bool = False  # whether what is damaged is made again
    damaged: StageReport | None = None  # of this very export, whose publication is made again


def rows_to_carry(earlier: Earlier, read: ReadExport, images: ExportImages, written: Sequence[WrittenShard]) -> CarriedRows:
    """Return the rows of a source that are published again with those of its export.

    Args:
        earlier: What stood before.
        read: The export; of a complete source none are carried.
        images: Of the export.
        written: Its shards.

    Raises:
        InputError: Earlier rows are damaged, and the state from which they could be carried again has expired.
        DamagedFileError: Earlier rows are damaged.
    """
    source = read.plan.source
    if earlier.damaged is None:
        try:
            return _carried(earlier.lake, read, images, written)
        except DamagedFileError as error:
            if not (earlier.redo and source.complete):
                raise
            _log.warning("the export of source %r is complete and replaces what is damaged, uncounted: %s", source.name, error)
            return CarriedRows()
    said = earlier.damaged.details
    if not sum(said["carried"][name] for name in _CARRIED):
        return CarriedRows(replaced=said["replaced"], tombstoned=said["tombstoned"])
    before = {table: _before(earlier.lake, table, source, earlier.damaged.key) for table in _CARRIED}
    return _carried(replace(earlier.lake, pins=Pins(None, _CARRIED, before)), read, images, written)


def _carried(lake: Lake, read: ReadExport, images: ExportImages, written: Sequence[WrittenShard]) -> CarriedRows:
    source = read.plan.source
    if not source_files(lake, "annotations", source) and not source_files(lake, "images", source):
        return CarriedRows()
    annotated = [shard.annotations for shard in written if shard.annotations is not None]
    rejected = [shard.rejects for shard in written if shard.rejects is not None]
    brought = containers(_columns(lake, receipt, ["source_ref"]).column(0) for receipt in (*annotated, *rejected)) | images.containers
    where: dict[str, Any] = {"source": source.name}
    stood = lake.read("images", where=where)
    earlier = lake.batches("annotations", where=where) if lake.has("annotations") else iter(())
    contents = (_columns(lake, receipt, CONTENT_COLUMNS) for receipt in annotated)
    # The annotations of an image that does not stand are not carried either.
    found = carried_rows(stood.filter(pc.invert(read.withdrawn.rows(stood))), earlier, brought, images.rows, contents)
    return CarriedRows(replaced=found.replaced, tombstoned=len(found.annotations)) if source.complete else found


def _before(lake: Lake, table: str, source: Source, key: str) -> int:
    """Return the snapshot of a table before a source's publication was committed, however often it was made again."""
    earlier = history(lake.state(table))
    part = part_name({"source": source.name})
    own = [
        number
        for number, snapshot in enumerate(earlier)
        if summary_of(snapshot).get(PART_PROPERTY) == part and is_same_work(summary_of(snapshot).get(KEY_PROPERTY, ""), key)
    ]
    first = own[-1] if own else len(earlier)
    if first + 1 >= len(earlier) or earlier[first + 1].sequence_number + 1 != earlier[first].sequence_number:
        raise InputError(
            f"source {source.name!r} holds rows of earlier exports in table {table!r}, and the state that they stood in has expired: they "
            "cannot be made again; restore the files from a backup, or ingest an export that holds everything, with `complete: true`"
        )
    return earlier[first + 1].snapshot_id


def carried_rows(
    images: pa.Table,
    annotations: Iterable[pa.RecordBatch],
    brought: Set[str],
    listed: pa.Table,
    contents: Iterable[pa.Table] = (),
) -> CarriedRows:
    """Choose the earlier rows that an incomplete export leaves standing.

    Args:
        images: The source's rows of `images`, as they were.
        annotations: Its rows of `annotations`, as they were, in batches.
        brought: Containers of every record that the export brings, kept or rejected; see `container_of`.
        listed: Rows of `images` that the export gives.
        contents: `CONTENT_COLUMNS` of the annotations that it gives; read only where some of them may equal one that stands.
    """
    left = images.filter(pc.invert(pc.or_(_among(images, "image_id", listed), _among(images, "uri", listed))))
    known = pa.concat_arrays([_column(left, "image_id"), _column(listed, "image_id")])
    kept, replaced = [], 0
    for batch in annotations:
        again = pa.array(np.array([container_of(ref) in brought for ref in batch.column("source_ref").to_pylist()], bool))
        kept.append(batch.filter(pc.and_(pc.invert(again), pc.is_in(batch.column("image_id"), known))))
        replaced += batch.num_rows - kept[-1].num_rows
    rows = pa.Table.from_batches(kept, schema=arrow_schema(Annotation))
    shared = rows.filter(_among(rows, "image_id", listed)).column("image_id").unique()
    given = [table.filter(pc.is_in(table.column("image_id"), shared)) for table in contents] if len(shared) else []
    if given:
        apart = rows.join(pa.concat_tables(given), keys=list(CONTENT_COLUMNS), join_type="left anti", use_threads=False)
        replaced, rows = replaced + len(rows) - len(apart), apart.select(rows.schema.names).cast(rows.schema)
    return CarriedRows(left, rows.sort_by([("image_id", "ascending"), ("instance_id", "ascending")]), replaced)


def containers(refs: Iterable[pa.ChunkedArray]) -> set[str]:
    """Return the containers of references; see `container_of`."""
    return {container_of(ref) for column in refs for ref in column.to_pylist()}


def _columns(lake: Lake, receipt: Receipt, names: Sequence[str]) -> pa.Table:
    with open_parquet(lake.store, receipt.path) as file:
        return file.read(columns=list(names))


def _among(rows: pa.Table, name: str, others: pa.Table) -> pa.Array:
    return pc.is_in(_column(rows, name), _column(others, name))


def _column(rows: pa.Table, name: str) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *rows.column(name).chunks])
