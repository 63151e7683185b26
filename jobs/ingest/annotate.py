"""Turns the objects of an export into rows of `annotations` or rejects: every record ends in one of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.annotation_table import annotate_polygon_batch, annotation_table, owned_rows
from jobs.ingest.geometries import PlacedGeometry, displayed_masks
from jobs.ingest.image_files import ImageOutcome, SoundImage
from jobs.ingest.image_table import image_sizes
from jobs.sources.files.exports import Export
from jobs.sources.records import Bitmap, LabelledObject, Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source
from lake.contracts import Annotation
from lake.reasons import Reason
from lake.schemas import empty_table

CONTENT_COLUMNS = ("image_id", "label", "geometry", "is_crowd", "is_void")
"""Columns of `annotations` that equal objects have in common, whatever their names."""
OBJECTS_AT_ONCE = 2048
PIXELS_AT_ONCE = 1 << 26
"""Objects, and pixels of bitmaps, whose masks are made together: this bounds a worker's memory."""

_ODD = np.uint64(0x9E3779B97F4A7C15)

Record = LabelledObject | Rejected
OwnedUnit = tuple[int, Unit, Mapping[str, ImageOutcome]]
"""A unit, behind its index in its shard and before what became of its images, by `ListedImage.name`."""


@dataclass(frozen=True, slots=True)
class UnitRecords:
    """The records of one unit, as a reader yields them; `images` says what became of its images, by `ListedImage.name`."""

    owner: int  # the unit's index in its shard
    records: Iterable[Record]
    images: Mapping[str, ImageOutcome]


def read_objects(export: Export, source: Source, units: Sequence[OwnedUnit]) -> tuple[int, pa.Table, list[tuple[int, Rejected]]]:
    """Turn the objects of units into rows: the plain ones as columns where the format allows it, the others one by one.

    Args:
        export: The export.
        source: Its stanza.
        units: Each with its index in the shard, and what became of each of its images, by `ListedImage.name`.

    Returns:
        As `annotate_units` does.
    """
    reader = reader_of(source.format)
    tables, left, found = [owned_rows(empty_table(Annotation), [])], list[OwnedUnit](), 0
    for owner, unit, images in units:
        if reader.columns is None:
            left.append((owner, unit, images))
            continue
        plain, taken = annotate_polygon_batch(reader.columns.polygon_batch(export, unit), images, source)
        found += len(plain)
        tables.append(owned_rows(plain, [owner] * len(plain)))
        left.append((owner, reader.columns.without(unit, taken), images))
    records = (UnitRecords(owner, reader.objects(export, unit, image_sizes(images, source.exif)), images) for owner, unit, images in left)
    others, rows, rejected = annotate_units(records, source)
    return found + others, pa.concat_tables([*tables, rows]), rejected


def annotate_units(units: Iterable[UnitRecords], source: Source) -> tuple[int, pa.Table, list[tuple[int, Rejected]]]:
    """Turn the records of units into rows of `annotations`, those of many small units together.

    Args:
        units: In order; each is read when its turn comes.
        source: The stanza of the export.

    Returns:
        How many records there were; the rows, with the unit of each in the column `OWNER`; the rejects, each with its unit.
    """
    rejected: list[tuple[int, Rejected]] = []
    tables = [owned_rows(empty_table(Annotation), [])]
    found = 0
    for batch in _batches(units):
        found += len(batch)
        owners: list[int] = []
        placed: list[tuple[LabelledObject, SoundImage]] = []
        for unit, record in batch:
            outcome = record if isinstance(record, Rejected) else _on_image(record, unit.images)
            if isinstance(outcome, Rejected):
                rejected.append((unit.owner, outcome))
            else:
                owners.append(unit.owner)
                placed.append(outcome)
        masks = displayed_masks([PlacedGeometry(record.geometry, image.file.header, source.exif) for record, image in placed])
        for index, why in sorted(masks.refused.items()):
            rejected.append((owners[index], Rejected(placed[index][0].ref, why.reason, str(why))))
        kept = [owner for index, owner in enumerate(owners) if index not in masks.refused]
        tables.append(owned_rows(annotation_table(placed, masks, source), kept))
    return found, pa.concat_tables(tables), rejected


def without_duplicates(annotations: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Sort annotations by image and id, and reject each that repeats an earlier one's image, label and mask.

    Of equal objects the one with the smallest `source_ref` is kept, whatever the order of the rows.
    """
    ordered = annotations.take(pc.sort_indices(annotations, [("image_id", "ascending"), ("instance_id", "ascending")]))
    names = list(CONTENT_COLUMNS)
    if _are_apart(ordered):
        return ordered, []
    if ordered.group_by(names, use_threads=False).aggregate([]).num_rows == ordered.num_rows:
        return ordered, []
    contents = list(zip(*(ordered.column(name).to_pylist() for name in names), strict=True))
    refs = ordered.column("source_ref").to_pylist()
    first: dict[tuple[Any, ...], int] = {}
    for index in sorted(range(len(refs)), key=refs.__getitem__):
        first.setdefault(contents[index], index)
    kept = np.array([first[content] == index for index, content in enumerate(contents)])
    rejected = [
        Rejected(refs[index], Reason.DUPLICATE_RECORD, f"same image, label and mask as {refs[first[contents[index]]]}")
        for index in np.flatnonzero(~kept).tolist()
    ]
    return ordered.filter(pa.array(kept)), rejected


def _are_apart(ordered: pa.Table) -> bool:
    """Say whether no two masks on an image have the same box and area, by a hash of these; a tenth of the cost of comparing the masks."""
    ids = ordered.column("image_id").combine_chunks().dictionary_encode()
    hashed = ids.indices.to_numpy().astype(np.uint64)
    for name in ("area", "box_x", "box_y", "box_width", "box_height"):
        hashed = (hashed ^ hashed >> np.uint64(29)) * _ODD + ordered.column(name).to_numpy().astype(np.uint64)
    return int(np.unique(hashed).size) == len(ordered)


def _batches(units: Iterable[UnitRecords]) -> Iterator[list[tuple[UnitRecords, Record]]]:
    """Cut records into batches; one with bitmaps ends early, when these reach `PIXELS_AT_ONCE`."""
    batch: list[tuple[UnitRecords, Record]] = []
    pixels = 0
    for unit in units:
        for record in unit.records:
            batch.append((unit, record))
            if isinstance(record, LabelledObject) and isinstance(record.geometry, Bitmap):
                pixels += record.geometry.mask.size
            if len(batch) == OBJECTS_AT_ONCE or pixels >= PIXELS_AT_ONCE:
                yield batch
                batch, pixels = [], 0
    if batch:
        yield batch


def _on_image(record: LabelledObject, images: Mapping[str, ImageOutcome]) -> tuple[LabelledObject, SoundImage] | Rejected:
    image = images.get(record.image)
    if image is None:
        return Rejected(record.ref, Reason.UNLISTED_IMAGE, f"image {record.image!r} is not listed")
    if isinstance(image, Rejected):
        return Rejected(record.ref, image.reason, f"its image was rejected: {image.detail}")
    return record, image
