"""Turns one parsed COCO annotation into a labelled object, or says why it cannot be one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.sources.files.documents import expected_object
from jobs.sources.files.json_documents import finite_numbers, image_side, list_at, whole_number
from jobs.sources.formats.coco.categories import Categories, label_of
from jobs.sources.records import LabelledObject, Polygons, Rejected, RunLengths, record_ref
from lake.reasons import Reason


def labelled_object(
    record: Any, position: int, document: str | None, categories: Categories, names: Mapping[int, str]
) -> LabelledObject | Rejected:
    """Type one annotation.

    Args:
        record: The parsed annotation.
        position: Its index in the document's list.
        document: Name of the document, None for the only one.
        categories: Of the document.
        names: `ListedImage.name` of each listed image by id.
    """
    if not isinstance(record, dict):
        return Rejected(record_ref(document, f"at {position}"), Reason.MALFORMED_RECORD, expected_object(record, "an annotation"))
    number = whole_number(record.get("id"))
    ref = record_ref(document, number if number is not None else f"at {position}")
    image = whole_number(record.get("image_id"))
    if number is None or image is None:
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected whole numbers as id and image_id")
    if image not in names:
        return Rejected(ref, Reason.UNLISTED_IMAGE, f"image_id {image} is not in the list of images")
    label = label_of(categories, record.get("category_id"))
    if not isinstance(label, str):
        return Rejected(ref, *label)
    crowd = crowd_of(record)
    if not isinstance(crowd, bool):
        return Rejected(ref, *crowd)
    geometry = coco_geometry(record)
    if not isinstance(geometry, Polygons | RunLengths):
        return Rejected(ref, *geometry)
    return LabelledObject(ref, names[image], label, geometry, is_crowd=crowd)


def crowd_of(record: Mapping[str, Any]) -> bool | tuple[Reason, str]:
    """Return whether a record is of a crowd, or why that cannot be told: `iscrowd` is 0, 1, false, true, or left out."""
    found = record.get("iscrowd")
    if found is None or (isinstance(found, int | float) and found in (0, 1)):
        return bool(found)
    return Reason.MALFORMED_RECORD, f"expected 0 or 1 as iscrowd, got {str(found)[:80]!r}"


def coco_geometry(record: dict[str, Any]) -> Polygons | RunLengths | tuple[Reason, str]:
    """Return an annotation's geometry, or why it has none that can be used."""
    shape = record.get("segmentation")
    if shape is None or shape in ([], {}, [[]], ""):
        if finite_numbers(record.get("bbox")):
            return Reason.BOX_ONLY, "a bbox without a segmentation"
        return Reason.EMPTY_GEOMETRY, "neither segmentation nor bbox"
    if isinstance(shape, dict):
        return run_lengths(shape)
    if not isinstance(shape, list):
        return Reason.MALFORMED_GEOMETRY, f"expected polygons or run lengths, got {type(shape).__name__}"
    for ring in shape:
        if finite_numbers(ring) is None or len(ring) < 6 or len(ring) % 2:
            return Reason.MALFORMED_GEOMETRY, "expected polygons of at least 3 points, as finite x and y in turn"
    return Polygons(shape)


def run_lengths(shape: dict[str, Any]) -> RunLengths | tuple[Reason, str]:
    """Return a COCO run-length code, compressed or not, or why it cannot be one."""
    sides = list_at(shape, "size")
    height, width = (image_side(sides[0]), image_side(sides[1])) if len(sides) == 2 else (None, None)
    if height is None or width is None:
        return Reason.MALFORMED_GEOMETRY, "expected run lengths with size [height, width]"
    counts = shape.get("counts")
    if isinstance(counts, str):
        return RunLengths(counts, height, width)
    if isinstance(counts, list):
        if _are_plain(counts):
            return RunLengths(counts, height, width)
        if all(whole_number(count) is not None for count in counts):
            return RunLengths([int(count) for count in counts], height, width)
    return Reason.MALFORMED_GEOMETRY, "expected counts as text or as a list of whole numbers"


def _are_plain(counts: list[Any]) -> bool:
    """Say whether all counts are whole numbers as such, and none too large; a crowd has thousands of them."""
    if not set(map(type, counts)) <= {int}:
        return False
    try:
        lengths = np.array(counts, np.int64)
    except OverflowError:
        return False
    return not lengths.size or -(2**53) < int(lengths.min()) <= int(lengths.max()) < 2**53
