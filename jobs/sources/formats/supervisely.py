"""Reads Supervisely projects (`<dataset>/ann/*.json`, `<dataset>/img/*`): one record an object.

Source: docs.supervisely.com, "Supervisely JSON format"; docs/formats/supervisely.md says what becomes of each object.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.sources.fields.annotators import pseudonym
from jobs.sources.fields.points import ring_of_pairs
from jobs.sources.fields.timestamps import utc_timestamp
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, object_at, records_at, whole_number
from jobs.sources.files.single_documents import document_bytes, document_units, load_document
from jobs.sources.rasters.bitmaps import MalformedBitmapError, base64_png_mask
from jobs.sources.reader import Reader
from jobs.sources.records import (
    Bitmap,
    ImageSize,
    LabelledObject,
    ListedImage,
    Parts,
    Polygons,
    Rejected,
    Unit,
    part_ref,
)
from lake.errors import InputError
from lake.reasons import Reason

_NO_REGIONS = ("point", "line", "graph", "any")


def units(export: Export) -> Iterator[Unit]:
    """Yield one unit for each annotation file; `meta.json` and the like are none.

    Raises:
        InputError: No file lies in a folder `ann`.
    """
    found = [unit for unit in document_units(export) if "/ann/" in f"/{unit.name}"]
    if not found:
        raise InputError(f"no `ann` folder below {export.annotations.root}; expected <dataset>/ann/<image>.json")
    yield from found


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image that the annotation file is named after."""
    document = load_document(export, unit, "objects")
    if isinstance(document, Rejected):
        return
    folder, _, name = f"/{unit.name}".rpartition("/ann/")
    sides = object_at(document, "size")
    path = f"{folder}/img/{name.removesuffix('.json')}".removeprefix("/")
    yield ListedImage(part_ref(unit.name, "image"), unit.name, path, image_side(sides.get("width")), image_side(sides.get("height")))


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each object of the annotation file."""
    document = load_document(export, unit, "objects")
    if isinstance(document, Rejected):
        yield document
        return
    for index, record in enumerate(records_at(document, "objects")):
        if not isinstance(record, dict):
            yield Rejected(part_ref(unit.name, f"at {index}"), Reason.MALFORMED_RECORD, "expected an object")
            continue
        number = whole_number(record.get("id"))
        yield _object(record, part_ref(unit.name, f"at {index}" if number is None else number), unit.name)


READER = Reader(units, images, objects, documents=(), files=document_bytes)


def _object(record: dict[str, Any], ref: str, image: str) -> LabelledObject | Rejected:
    label = nonempty_text(record.get("classTitle"))
    if label is None:
        return Rejected(ref, Reason.EMPTY_LABEL, "an object without classTitle")
    kind = record.get("geometryType")
    geometry: Bitmap | Parts | tuple[Reason, str]
    if kind == "bitmap":
        geometry = _bitmap(object_at(record, "bitmap"))
    elif kind == "polygon":
        geometry = _polygon(object_at(record, "points"))
    elif kind == "rectangle":
        return Rejected(ref, Reason.BOX_ONLY, "a rectangle")
    elif kind in _NO_REGIONS:
        return Rejected(ref, Reason.NOT_AN_OBJECT, f"geometry of type {kind}")
    else:
        return Rejected(ref, Reason.UNSUPPORTED_GEOMETRY, f"geometry of type {str(kind)[:80]}")
    if not isinstance(geometry, Bitmap | Parts):
        return Rejected(ref, *geometry)
    annotator = pseudonym("supervisely", record.get("labelerLogin"))
    return LabelledObject(ref, image, label, geometry, annotator=annotator, annotated_at=utc_timestamp(record.get("createdAt")))


def _bitmap(bitmap: dict[str, Any]) -> Bitmap | tuple[Reason, str]:
    origin = list_at(bitmap, "origin")
    left, top = (whole_number(origin[0]), whole_number(origin[1])) if len(origin) == 2 else (None, None)
    if left is None or top is None:
        return Reason.MALFORMED_GEOMETRY, "expected a bitmap with its origin [x, y] in whole pixels"
    try:
        return Bitmap(base64_png_mask(bitmap.get("data"), inflate=True), left, top)
    except MalformedBitmapError as error:
        return Reason.MALFORMED_GEOMETRY, str(error)


def _polygon(points: dict[str, Any]) -> Parts | tuple[Reason, str]:
    exterior = ring_of_pairs(points.get("exterior"))
    holes = [ring_of_pairs(ring) for ring in list_at(points, "interior")]
    if exterior is None or None in holes:
        return Reason.MALFORMED_GEOMETRY, "expected an exterior and interiors of at least 3 points [x, y]"
    return Parts([Polygons([exterior])], [Polygons([hole]) for hole in holes if hole])
