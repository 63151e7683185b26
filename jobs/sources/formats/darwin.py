"""Reads V7 Darwin 2.0 documents: one record an annotation; masks are cut from the raster layer of their slot.

Source: docs.v7labs.com, "Darwin JSON"; docs/formats/darwin.md says what becomes of each annotation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.sources.fields.image_paths import first_present
from jobs.sources.fields.points import ring_of_objects
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, object_at, records_at, whole_number
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.single_documents import document_bytes, document_units, load_document
from jobs.sources.rasters.bitmaps import LARGEST_BITMAP
from jobs.sources.reader import Reader
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Rejected, Rings, Unit, part_ref
from lake.reasons import Reason

_NO_REGIONS = ("keypoint", "line", "tag", "skeleton", "string", "text", "graph", "link", "simple_table", "table", "eye")
_SETTINGS = ".v7/"  # metadata.json of an export's properties
_Values = NDArray[np.int64]
_Layer = tuple[dict[str, Any], _Values]


def units(export: Export) -> Iterator[Unit]:
    """Yield one unit for each document."""
    yield from (unit for unit in document_units(export) if f"/{_SETTINGS}" not in f"/{unit.name}")


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image of each slot of the document's item."""
    document = load_document(export, unit, "item")
    if isinstance(document, Rejected):
        return
    item, slots = object_at(document, "item"), _slots(document)
    for index, slot in enumerate(slots):
        ref = part_ref(unit.name, "image" if len(slots) == 1 else f"image {index}")
        try:
            path = first_present(export, unit.name, _image_names(item, slot, alone=len(slots) == 1))
        except HostilePathError as error:
            yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=str(index))
            continue
        yield ListedImage(ref, str(index), path, image_side(slot.get("width")), image_side(slot.get("height")))


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each annotation; a raster layer itself holds the masks' pixels and is no record."""
    document = load_document(export, unit, "item")
    if isinstance(document, Rejected):
        yield document
        return
    annotations, slots = records_at(document, "annotations"), _slots(document)
    layers = _raster_layers(annotations, slots)
    for index, annotation in enumerate(annotations):
        if isinstance(annotation, dict) and "raster_layer" in annotation:
            continue
        yield _object(annotation, index, unit.name, slots, layers)


READER = Reader(units, images, objects, documents=(), files=document_bytes)


def decode_raster(layer: Mapping[str, Any], width: int, height: int) -> _Values | None:
    """Paint a raster layer: `dense_rle` holds value and count in turn, row by row.

    Args:
        layer: The `raster_layer` of an annotation.
        width: Of the slot, in px.
        height: Of the slot, in px.

    Returns:
        (height, width) int64, or None when the layer does not fill the image.
    """
    pairs = list_at(layer, "dense_rle")
    if len(pairs) % 2 or any(whole_number(number) is None for number in pairs) or width * height > LARGEST_BITMAP * 8:
        return None
    table = np.array(pairs, np.int64).reshape(-1, 2)
    if (table[:, 1] < 0).any() or sum(table[:, 1].tolist()) != width * height:
        return None
    return np.repeat(table[:, 0], table[:, 1]).reshape(height, width)


def _raster_layers(annotations: list[Any], slots: list[dict[str, Any]]) -> dict[int, _Layer]:
    """Paint the first raster layer of each slot, by the index of the slot."""
    found: dict[int, _Layer] = {}
    for annotation in annotations:
        layer = object_at(annotation, "raster_layer")
        index = _slot_of(annotation, slots) if layer else None
        if index is None or index in found:
            continue
        width, height = image_side(slots[index].get("width")), image_side(slots[index].get("height"))
        values = decode_raster(layer, width, height) if width is not None and height is not None else None
        if values is not None:
            found[index] = object_at(layer, "mask_annotation_ids_mapping"), values
    return found


def _object(
    annotation: Any, index: int, document: str, slots: list[dict[str, Any]], layers: Mapping[int, _Layer]
) -> LabelledObject | Rejected:
    if not isinstance(annotation, dict):
        return Rejected(part_ref(document, f"at {index}"), Reason.MALFORMED_RECORD, "expected an annotation object")
    number = nonempty_text(annotation.get("id"))
    ref = part_ref(document, number[:80] if number else f"at {index}")
    label = nonempty_text(annotation.get("name"))
    if label is None:
        return Rejected(ref, Reason.EMPTY_LABEL, "an annotation without name")
    slot = _slot_of(annotation, slots)
    if slot is None:
        return Rejected(ref, Reason.UNLISTED_IMAGE, f"the item has no slot {str(annotation.get('slot_names'))[:80]}")
    geometry = _geometry(annotation, layers.get(slot))
    if not isinstance(geometry, Rings | Bitmap):
        return Rejected(ref, *geometry)
    return LabelledObject(ref, str(slot), label, geometry)


def _geometry(annotation: dict[str, Any], layer: _Layer | None) -> Rings | Bitmap | tuple[Reason, str]:
    if "frames" in annotation:
        return Reason.UNSUPPORTED_GEOMETRY, "an annotation of the frames of a video or volume"
    if "mask" in annotation:
        value = whole_number(layer[0].get(str(annotation.get("id")))) if layer else None
        if layer is None or value is None:
            return Reason.MALFORMED_GEOMETRY, "a mask without its pixels in a raster layer that fills the image"
        return Bitmap(layer[1] == value)
    if "polygon" in annotation:
        polygon = object_at(annotation, "polygon")
        paths = list_at(polygon, "paths") or [polygon.get("path")]
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


def _image_names(item: dict[str, Any], slot: dict[str, Any], *, alone: bool) -> Iterator[str]:
    """Yield where the image of a slot may lie: of several slots each has its folder; V7 takes the suffix from the file."""
    files = [file.get("file_name") for file in list_at(slot, "source_files") if isinstance(file, dict)]
    file = nonempty_text(files[0]) if files else None
    name = str(item.get("name") or "")
    names = [name]
    if not alone:
        names = [f"{name}/{slot.get('slot_name')}/{file}"]
    elif file is not None and "." in file:
        names.append(f"{name.rpartition('.')[0] or name}.{file.rpartition('.')[2]}")
    folder = str(item.get("path") or "/").strip("/")
    yield from (f"{folder}/{each}" for each in names if folder)
    yield from names


def _slots(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the item's slots; an item that lists none has one."""
    return [slot for slot in list_at(object_at(document, "item"), "slots") if isinstance(slot, dict)] or [{}]


def _slot_of(annotation: dict[str, Any], slots: list[dict[str, Any]]) -> int | None:
    """Return the index of the slot that an annotation lies on, the first where it names none; None for an unknown one."""
    names = list_at(annotation, "slot_names")
    if not names:
        return 0
    return next((index for index, slot in enumerate(slots) if slot.get("slot_name") == names[0]), None)
