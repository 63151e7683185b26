"""Records of an export and its sound images in, rows of `annotations` and `rejects` out: every record ends in one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.annotation_tables import annotation_table
from jobs.geometries import Placed, displayed_masks
from jobs.image_files import SoundImage
from jobs.sources.private_text import without_secrets
from jobs.sources.records import Bitmap, LabelledObject, Rejected
from lake.configuration import Source
from lake.contracts import Annotation
from lake.digests import digest
from lake.reasons import Reason
from lake.schemas import empty_table

STAGE = "ingest"
LONGEST_DETAIL = 300
"""Characters of a reject's detail: an export's text never grows the table without bound."""

OBJECTS_AT_ONCE = 2048
PIXELS_AT_ONCE = 1 << 26
"""Objects, and pixels of bitmaps, whose masks are made together: this bounds a worker's memory."""

Row = dict[str, Any]
Record = LabelledObject | Rejected
ImageOutcome = SoundImage | Rejected


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of some records: `found` of them, each a row of `annotations` or a reject."""

    found: int
    annotations: pa.Table
    rejected: list[Rejected]


def annotate(records: Iterable[LabelledObject | Rejected], images: Mapping[str, ImageOutcome], source: Source) -> Outcomes:
    """Turn the records of one unit into rows of `annotations`.

    Args:
        records: As a reader yields them.
        images: What became of each image of the unit, by `ListedImage.name`.
        source: The stanza of the export.
    """
    rejected: list[Rejected] = []
    tables = []
    found = 0
    for batch in _batches(records):
        found += len(batch)
        placed: list[tuple[LabelledObject, SoundImage]] = []
        for record in batch:
            outcome = record if isinstance(record, Rejected) else _on_image(record, images)
            if isinstance(outcome, Rejected):
                rejected.append(outcome)
            else:
                placed.append(outcome)
        masks = displayed_masks([Placed(record.geometry, image.file.header, source.exif) for record, image in placed])
        rejected += [Rejected(placed[place][0].ref, why.reason, str(why)) for place, why in sorted(masks.refused.items())]
        tables.append(annotation_table(placed, masks, source))
    return Outcomes(found, pa.concat_tables([empty_table(Annotation), *tables]), rejected)


def without_doubles(annotations: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Sort annotations by image and id, and reject each that repeats an earlier one's image, label and mask.

    Of equal objects the one with the smallest `source_ref` is kept, whatever the order of the rows.
    """
    ordered = annotations.take(pc.sort_indices(annotations, [("image_id", "ascending"), ("instance_id", "ascending")]))
    names = ["image_id", "label", "geometry", "is_crowd", "is_void"]
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


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Cut records into batches; one with bitmaps ends early, when these reach `PIXELS_AT_ONCE`."""
    batch: list[Record] = []
    pixels = 0
    for record in records:
        batch.append(record)
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
