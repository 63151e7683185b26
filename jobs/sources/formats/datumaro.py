"""Reads Datumaro JSON: one record an instance, which polygons and masks of one group and label make up.

Source: open-edge-platform/datumaro, "Datumaro format"; docs/formats/datumaro.md says what becomes of each annotation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.sources.fields.image_paths import first_present
from jobs.sources.fields.points import ring_of_numbers
from jobs.sources.files.documents import Unparsed, expected_object, map_document
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, object_at, parse_json, records_at, whole_number
from jobs.sources.files.json_spans import member_spans
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.task_lists import TaskUnit, document_of, list_units, tasks_of
from jobs.sources.formats.coco.objects import run_lengths
from jobs.sources.reader import Reader
from jobs.sources.records import (
    Geometry,
    ImageSize,
    LabelledObject,
    ListedImage,
    Parts,
    Polygons,
    Rejected,
    RunLengths,
    Unit,
    part_ref,
    record_ref,
)
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 16  # objects that one item is expected to hold


@dataclass(frozen=True, slots=True)
class DatumaroUnit(TaskUnit):
    """Some items of one document, with the names of its labels."""

    labels: tuple[str | None, ...] = ()


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide the items of each document into units.

    Raises:
        InputError: The only document is no Datumaro file.
    """
    for entry in export.documents(".json"):
        where = export.annotations.uri(entry.path)
        try:
            data = map_document(export, entry.path)
            top = member_spans(data, where)
            if "items" not in top or "categories" not in top:
                raise InputError(f"{where} is no Datumaro file: expected the keys items and categories")
            categories = parse_json(data[slice(*top["categories"])].tobytes(), f"{where}, categories")
            labels = tuple(
                nonempty_text(label.get("name")) if isinstance(label, dict) else None
                for label in list_at(object_at(categories, "label"), "labels")
            )
            for unit in list_units(entry.path, data, top["items"], where, _WEIGHT):
                payload = unit.payload
                if isinstance(payload, TaskUnit):
                    wide = DatumaroUnit(payload.document, payload.first, payload.starts, payload.ends, labels)
                    yield Unit(unit.name, wide, unit.weight)
        except InputError as error:
            if export.file is not None:
                raise
            yield Rejected(record_ref(entry.path, "document"), Reason.MALFORMED_RECORD, str(error))


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image of each item."""
    subset = document_of(unit).rpartition("/")[2].removesuffix(".json")
    for index, item in tasks_of(export, unit):
        ref = part_ref(_container(export, unit, item, index), "image")
        if isinstance(item, Unparsed):
            yield Rejected(ref, Reason.MALFORMED_RECORD, expected_object(item, "an item"), image=str(index))
            continue
        image = object_at(item, "image")
        sides = [image_side(side) for side in list_at(image, "size")]
        height, width = sides if len(sides) == 2 else (None, None)
        name = nonempty_text(image.get("path")) or f"{item.get('id') if isinstance(item, dict) else ''}.jpg"
        names = (f"{folder}{name}" for folder in (f"{subset}/", "", f"images/{subset}/", "images/"))
        try:
            path = first_present(export, document_of(unit), names)
        except HostilePathError as error:
            yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=str(index))
            continue
        yield ListedImage(ref, str(index), path, width, height)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield each item's instances, and a reject for each annotation that is none."""
    labels = unit.payload.labels if isinstance(unit.payload, DatumaroUnit) else ()
    for index, item in tasks_of(export, unit):
        container = _container(export, unit, item, index)
        if not isinstance(item, dict):
            yield Rejected(part_ref(container, "item"), Reason.MALFORMED_RECORD, expected_object(item, "an item"))
            continue
        yield from _item_objects(item, container, str(index), labels)


READER = Reader(units, images, objects, documents=(".json",))


def _item_objects(item: dict[str, Any], container: str, image: str, labels: tuple[str | None, ...]) -> Iterator[LabelledObject | Rejected]:
    instances: dict[str, tuple[str, bool, list[Geometry]]] = {}
    for number, annotation in enumerate(records_at(item, "annotations")):
        ref = part_ref(container, f"at {number}")
        geometry = _geometry(annotation)
        if not isinstance(geometry, Polygons | RunLengths):
            yield Rejected(ref, *geometry)
            continue
        label_id = whole_number(annotation.get("label_id"))
        if label_id is None or not 0 <= label_id < len(labels):
            yield Rejected(ref, Reason.UNKNOWN_CATEGORY, f"label_id {label_id} is not in the list of labels")
            continue
        label = labels[label_id]
        if label is None:
            yield Rejected(ref, Reason.EMPTY_LABEL, f"label {label_id} has no name")
            continue
        group = whole_number(annotation.get("group")) or 0
        key = part_ref(container, f"group {group}/{label}") if group else ref
        crowd = bool(object_at(annotation, "attributes").get("is_crowd"))
        instances.setdefault(key, (label, crowd, []))[2].append(geometry)
    for ref, (label, crowd, parts) in instances.items():
        yield LabelledObject(ref, image, label, parts[0] if len(parts) == 1 else Parts(parts), is_crowd=crowd)


def _geometry(annotation: Any) -> Polygons | RunLengths | tuple[Reason, str]:
    if not isinstance(annotation, dict):
        return Reason.MALFORMED_RECORD, "expected an annotation as an object"
    kind = annotation.get("type")
    if kind == "polygon":
        ring = ring_of_numbers(annotation.get("points"))
        return Polygons([ring]) if ring else (Reason.MALFORMED_GEOMETRY, "expected x and y in turn of at least 3 points")
    if kind == "mask":
        return run_lengths(object_at(annotation, "rle"))
    if kind == "bbox":
        return Reason.BOX_ONLY, "a bbox"
    if kind in ("ellipse", "cuboid_2d", "cuboid_3d", "rotated_bbox"):
        return Reason.UNSUPPORTED_GEOMETRY, f"a {kind}"
    return Reason.NOT_AN_OBJECT, f"an annotation of type {str(kind)[:80]}"


def _container(export: Export, unit: Unit, item: Any, index: int) -> str:
    number = item.get("id") if isinstance(item, dict) else None
    name = str(number)[:200] if isinstance(number, str | int) else f"item at {index}"
    document = export.document_name(document_of(unit))
    return f"{document}/{name}" if document else name
