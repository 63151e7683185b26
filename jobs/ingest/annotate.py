"""Records of an export and its sound images in, rows of `annotations` and `rejects` out: every record ends in one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.annotation_table import annotation_table
from jobs.ingest.geometries import Placed, displayed_masks
from jobs.ingest.image_files import ImageOutcome, SoundImage
from jobs.sources.fields.private_text import without_secrets
from jobs.sources.records import Bitmap, LabelledObject, Rejected
from lake.configuration import Source
from lake.contracts import Annotation
from lake.digests import digest
from lake.reasons import Reason
from lake.schemas import empty_table

STAGE = "ingest"
LONGEST_DETAIL = 300
"""Characters of a reject's detail: an export's text never grows the table without bound."""

CONTENT = ("image_id", "label", "geometry", "is_crowd", "is_void")
"""Columns of `annotations` that equal objects have in common, whatever their names."""
OWNER = "owner"
"""Column, beside those of `annotations` while a shard is written, of the place of a row's unit in the shard."""
OBJECTS_AT_ONCE = 2048
PIXELS_AT_ONCE = 1 << 26
"""Objects, and pixels of bitmaps, whose masks are made together: this bounds a worker's memory."""

_ODD = np.uint64(0x9E3779B97F4A7C15)

Row = dict[str, Any]
Record = LabelledObject | Rejected


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of some records: `found` of them, each a row of `annotations` or a reject."""

    found: int
    annotations: pa.Table
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class UnitRecords:
    """The records of one unit, as a reader yields them; `images` says what became of its images, by `ListedImage.name`."""

    owner: int  # the unit's place in its shard
    records: Iterable[Record]
    images: Mapping[str, ImageOutcome]


def annotate_units(units: Iterable[UnitRecords], source: Source) -> tuple[int, pa.Table, list[tuple[int, Rejected]]]:
    """Turn the records of units into rows of `annotations`, those of many small units together.

    Args:
        units: In order; each is read when its turn comes.
        source: The stanza of the export.

    Returns:
        How many records there were; the rows, with the unit of each in the column `OWNER`; the rejects, each with its unit.
    """
    rejected: list[tuple[int, Rejected]] = []
    tables = [_owned(empty_table(Annotation), [])]
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
        masks = displayed_masks([Placed(record.geometry, image.file.header, source.exif) for record, image in placed])
        for place, why in sorted(masks.refused.items()):
            rejected.append((owners[place], Rejected(placed[place][0].ref, why.reason, str(why))))
        kept = [owner for place, owner in enumerate(owners) if place not in masks.refused]
        tables.append(_owned(annotation_table(placed, masks, source), kept))
    return found, pa.concat_tables(tables), rejected


def without_duplicates(annotations: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Sort annotations by image and id, and reject each that repeats an earlier one's image, label and mask.

    Of equal objects the one with the smallest `source_ref` is kept, whatever the order of the rows.
    """
    ordered = annotations.take(pc.sort_indices(annotations, [("image_id", "ascending"), ("instance_id", "ascending")]))
    names = list(CONTENT)
    if _are_apart(ordered):
        return ordered, []
    if ordered.group_by(names, use_threads=False).aggregate([]).num_rows == ordered.num_rows:
        return ordered, []
    contents = list(zip(*(ordered.column(name).to_pylist() for name in names), strict=True))
    refs = ordered.column("source_ref").to_pylist()
    first: dict[tuple[Any, ...], int] = {}
    for place in sorted(range(len(refs)), key=refs.__getitem__):
        first.setdefault(contents[place], place)
    kept = np.array([first[content] == place for place, content in enumerate(contents)])
    rejected = [
        Rejected(refs[place], Reason.DUPLICATE_RECORD, f"same image, label and mask as {refs[first[contents[place]]]}")
        for place in np.flatnonzero(~kept).tolist()
    ]
    return ordered.filter(pa.array(kept)), rejected


def _are_apart(ordered: pa.Table) -> bool:
    """Say whether no two masks on an image have the same box and area, by a hash of these; a tenth of the cost of comparing the masks."""
    ids = ordered.column("image_id").combine_chunks().dictionary_encode()
    hashed = ids.indices.to_numpy().astype(np.uint64)
    for name in ("area", "box_x", "box_y", "box_width", "box_height"):
        hashed = (hashed ^ hashed >> np.uint64(29)) * _ODD + ordered.column(name).to_numpy().astype(np.uint64)
    return int(np.unique(hashed).size) == len(ordered)


def reject_rows(rejected: Iterable[Rejected], source: str) -> list[Row]:
    """Turn rejects into rows of `rejects`, sorted; equal ones are told apart by a count."""
    rows, seen = [], dict[Rejected, int]()
    for reject in sorted(rejected, key=lambda item: (item.ref, item.reason.value, item.detail)):
        repeat = seen[reject] = seen.get(reject, -1) + 1
        rows.append(
            {
                "reject_id": digest(STAGE, source, reject.ref, reject.reason.value, reject.detail, repeat),
                "stage": STAGE,
                "source": source,
                "source_ref": reject.ref,
                "reason": reject.reason.value,
                "detail": without_secrets(reject.detail)[:LONGEST_DETAIL],
            }
        )
    return rows


def by_reason(rejected: Iterable[Rejected]) -> dict[str, int]:
    """Count rejects by reason, in the order of the reasons' names."""
    counts: dict[str, int] = {}
    for reject in rejected:
        counts[reject.reason.value] = counts.get(reject.reason.value, 0) + 1
    return dict(sorted(counts.items()))


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


def _owned(rows: pa.Table, owners: Sequence[int]) -> pa.Table:
    return rows.append_column(OWNER, pa.array(owners, pa.int32()))


def _on_image(record: LabelledObject, images: Mapping[str, ImageOutcome]) -> tuple[LabelledObject, SoundImage] | Rejected:
    image = images.get(record.image)
    if image is None:
        return Rejected(record.ref, Reason.UNLISTED_IMAGE, f"image {record.image!r} is not listed")
    if isinstance(image, Rejected):
        return Rejected(record.ref, image.reason, f"its image was rejected: {image.detail}")
    return record, image
