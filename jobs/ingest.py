"""Records of an export and its sound images in, rows of `annotations` and `rejects` out: every record ends in one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.geometries import GeometryRefusedError, displayed_mask
from jobs.image_files import SoundImage, frame_size
from jobs.sources.records import LabelledObject, Rejected
from lake.configuration import Source
from lake.digests import digest
from lake.reasons import Reason

STAGE = "ingest"
LONGEST_DETAIL = 300
"""Characters of a reject's detail: an export's text never grows the table without bound."""

Row = dict[str, Any]
ImageOutcome = SoundImage | Rejected


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of some records: `found` of them, each in one of the lists."""

    found: int
    annotations: list[Row]
    rejected: list[Rejected]


def annotate(records: Iterable[LabelledObject | Rejected], images: Mapping[str, ImageOutcome], source: Source) -> Outcomes:
    """Turn the records of one unit into rows of `annotations`.

    Args:
        records: As a reader yields them.
        images: What became of each image of the unit, by `ListedImage.name`.
        source: The stanza of the export.
    """
    found, rows, rejected = 0, [], []
    for record in records:
        found += 1
        outcome = record if isinstance(record, Rejected) else _annotation(record, images, source)
        if isinstance(outcome, Rejected):
            rejected.append(outcome)
        else:
            rows.append(outcome)
    return Outcomes(found, rows, rejected)


def without_doubles(rows: Sequence[Row]) -> tuple[list[Row], list[Rejected]]:
    """Sort annotations by image and id, and reject each that repeats an earlier one's image, label and mask.

    Of equal objects the one with the smallest `source_ref` is kept, whatever the order of `rows`.
    """
    kept: list[Row] = []
    rejected: list[Rejected] = []
    known: dict[tuple[Any, ...], str] = {}
    for row in sorted(rows, key=lambda row: str(row["source_ref"])):
        content = (row["image_id"], row["label"], row["geometry"], row["is_crowd"], row["is_void"])
        earlier = known.setdefault(content, row["source_ref"])
        if earlier is row["source_ref"]:
            kept.append(row)
        else:
            detail = f"same image, label and mask as {earlier}"
            rejected.append(Rejected(row["source_ref"], Reason.DUPLICATE_RECORD, detail))
    return sorted(kept, key=lambda row: (row["image_id"], row["instance_id"])), rejected


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
                "detail": reject.detail[:LONGEST_DETAIL],
            }
        )
    return rows


def by_reason(rejected: Iterable[Rejected]) -> dict[str, int]:
    """Count rejects by reason, in the order of the reasons' names."""
    counts: dict[str, int] = {}
    for reject in rejected:
        counts[reject.reason.value] = counts.get(reject.reason.value, 0) + 1
    return dict(sorted(counts.items()))


def _annotation(record: LabelledObject, images: Mapping[str, ImageOutcome], source: Source) -> Row | Rejected:
    image = images.get(record.image)
    if image is None:
        return Rejected(record.ref, Reason.UNLISTED_IMAGE, f"image {record.image!r} is not listed")
    if isinstance(image, Rejected):
        return Rejected(record.ref, image.reason, f"its image was rejected: {image.detail}")
    header = image.file.header
    try:
        counts, facts = displayed_mask(record.geometry, frame_size(header, source.exif), header, source.exif)
    except GeometryRefusedError as error:
        return Rejected(record.ref, error.reason, str(error))
    image_id = image.file.image_id
    return {
        "instance_id": digest(source.name, record.ref, image_id, record.label, counts),
        "image_id": image_id,
        "source": source.name,
        "source_ref": record.ref,
        "customer": source.customer,
        "domain": source.domain,
        "label": record.label,
        "geometry": counts,
        "image_width": header.width,
        "image_height": header.height,
        "box_x": facts.box_x,
        "box_y": facts.box_y,
        "box_width": facts.box_width,
        "box_height": facts.box_height,
        "area": facts.area,
        "is_crowd": record.is_crowd,
        "is_void": record.is_void,
        "components": facts.components,
        "holes": facts.holes,
        "owns_centre": facts.owns_centre,
        "scene": source.scene,
        "annotator": record.annotator,
        "annotated_at": record.annotated_at,
    }
