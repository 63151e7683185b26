"""V7 Darwin 2.0 documents in, one record an annotation out; masks are cut from the raster layer.

Source: docs.v7labs.com, "Darwin JSON"; docs/formats/darwin.md says what becomes of each annotation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.sources.bitmaps import LARGEST_BITMAP
from jobs.sources.exports import Export
from jobs.sources.json_documents import mapping, members, size, text, whole
from jobs.sources.paths import HostilePathError
from jobs.sources.points import ring_of_objects
from jobs.sources.reader import Reader
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Rejected, Rings, Unit, part_ref
from jobs.sources.single_documents import document_bytes, document_units, load_document
from lake.reasons import Reason

_NO_REGIONS = ("keypoint", "line", "tag", "skeleton", "string", "text", "graph", "link")
Values = NDArray[np.int64]


def units(export: Export) -> Iterator[Unit]:
    """Yield one unit for each document."""
    yield from document_units(export)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the document's item."""
    document = load_document(export, unit, "item")
    if isinstance(document, Rejected):
        return
    item, slot = mapping(document, "item"), _slot(document)
    ref = part_ref(unit.name, "image")
    try:
        path = _picture(export, unit.name, item)
    except HostilePathError as error:
        yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=unit.name)
        return
    yield ListedImage(ref, unit.name, path, size(slot.get("width")), size(slot.get("height")))


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each annotation; the raster layer itself holds the masks' pixels and is no record."""
    document = load_document(export, unit, "item")
    if isinstance(document, Rejected):
        yield document
        return
    annotations = members(document, "annotations")
    layer = _raster_layer(annotations, _slot(document))
    for place, annotation in enumerate(annotations):
        if isinstance(annotation, dict) and "raster_layer" in annotation:
            continue
        yield _object(annotation, place, unit.name, layer)


READER = Reader(units, images, objects, documents=(), files=document_bytes)


def decode_raster(layer: Mapping[str, Any], width: int, height: int) -> Values | None:
    """Paint a raster layer: `dense_rle` holds value and count in turn, row by row.

    Returns:
        (height, width) int64, or None when the layer does not fill the image.
    """
    pairs = members(layer, "dense_rle")
    if len(pairs) % 2 or any(whole(number) is None for number in pairs) or width * height > LARGEST_BITMAP * 8:
        return None
    table = np.array(pairs, np.int64).reshape(-1, 2)
    if (table[:, 1] < 0).any() or sum(table[:, 1].tolist()) != width * height:
        return None
    return np.repeat(table[:, 0], table[:, 1]).reshape(height, width)


def _raster_layer(annotations: list[Any], slot: dict[str, Any]) -> tuple[dict[str, Any], Values] | None:
    found = next((item["raster_layer"] for item in annotations if isinstance(item, dict) and "raster_layer" in item), None)
    width, height = size(slot.get("width")), size(slot.get("height"))
    if not isinstance(found, dict) or width is None or height is None:
        return None
    values = decode_raster(found, width, height)
    return None if values is None else (mapping(found, "mask_annotation_ids_mapping"), values)


def _object(annotation: Any, place: int, image: str, layer: tuple[dict[str, Any], Values] | None) -> LabelledObject | Rejected:
    if not isinstance(annotation, dict):
        return Rejected(part_ref(image, f"at {place}"), Reason.MALFORMED_RECORD, "expected an annotation object")
    number = text(annotation.get("id"))
    ref = part_ref(image, number[:80] if number else f"at {place}")
    label = text(annotation.get("name"))
    if label is None:
        return Rejected(ref, Reason.EMPTY_LABEL, "an annotation without name")
    geometry = _geometry(annotation, layer)
    if not isinstance(geometry, Rings | Bitmap):
        return Rejected(ref, *geometry)
    return LabelledObject(ref, image, label, geometry)


def _geometry(annotation: dict[str, Any], layer: tuple[dict[str, Any], Values] | None) -> Rings | Bitmap | tuple[Reason, str]:
    if "mask" in annotation:
        value = whole(layer[0].get(str(annotation.get("id")))) if layer else None
        if layer is None or value is None:
            return Reason.MALFORMED_GEOMETRY, "a mask without its pixels in a raster layer that fills the image"
        return Bitmap(layer[1] == value)
    if "polygon" in annotation:
        polygon = mapping(annotation, "polygon")
        paths = members(polygon, "paths") or [polygon.get("path")]
        rings = [ring_of_objects(path) for path in paths]
        found = [ring for ring in rings if ring is not None]
        return Rings(found) if len(found) == len(rings) else (Reason.MALFORMED_GEOMETRY, "expected paths of at least 3 points")
    if any(kind in annotation for kind in _NO_REGIONS):
        return Reason.NOT_AN_OBJECT, "an annotation without a region"
    if "ellipse" in annotation or "cuboid" in annotation:
        return Reason.UNSUPPORTED_GEOMETRY, "an ellipse or cuboid"
    if "bounding_box" in annotation:
        return Reason.BOX_ONLY, "a bounding box"
    return Reason.EMPTY_GEOMETRY, "an annotation without geometry"


def _picture(export: Export, document: str, item: dict[str, Any]) -> str:
    folder = str(item.get("path") or "/").strip("/")
    name = item.get("name")
    beside = export.image_path(document, name)
    if not folder:
        return beside
    nested = export.image_path(document, f"{folder}/{name}")
    return nested if export.images.entry(nested) is not None else beside


def _slot(document: dict[str, Any]) -> dict[str, Any]:
    slots = members(mapping(document, "item"), "slots")
    return slots[0] if slots and isinstance(slots[0], dict) else {}
