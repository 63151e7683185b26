"""Reads LabelMe documents: one record an instance, which shapes of one label and group make up.

Source: github.com/wkentaro/labelme; docs/formats/labelme.md says what becomes of each shape.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.sources.fields.addresses import decode_base64
from jobs.sources.fields.image_paths import first_present
from jobs.sources.fields.points import ring_of_pairs
from jobs.sources.files.exports import Export
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import finite_numbers, image_side, list_at, nonempty_text, records_at, whole_number
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.single_documents import document_bytes, document_units, load_document
from jobs.sources.rasters.bitmaps import MalformedBitmapError, base64_png_mask
from jobs.sources.reader import Reader
from jobs.sources.records import (
    VOID_LABEL,
    Bitmap,
    Geometry,
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

IGNORED_LABEL = "__ignore__"
BACKGROUND_LABEL = "_background_"
_NO_REGIONS = ("line", "linestrip", "point", "points")
_LONGEST_END = 4  # parts of a path under which an image is looked for


def units(export: Export) -> Iterator[Unit]:
    """Yield one unit for each document."""
    yield from document_units(export)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the document's image: the file beside it, else the copy inside it."""
    document = load_document(export, unit, "shapes")
    if isinstance(document, Rejected):
        return
    ref = part_ref(unit.name, "image")
    sides = image_side(document.get("imageWidth")), image_side(document.get("imageHeight"))
    carried = document.get("imageData")
    try:
        path = _image(export, unit.name, str(document.get("imagePath", "")))
        beside = path.lower().endswith(IMAGE_SUFFIXES) and export.images.entry(path) is not None
        if isinstance(carried, str) and not beside:
            yield ListedImage(ref, unit.name, path, *sides, embedded=decode_base64(carried))
        else:
            yield ListedImage(ref, unit.name, path, *sides)
    except HostilePathError as error:
        yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=unit.name)
    except InputError as error:
        yield Rejected(ref, Reason.UNDECODABLE_IMAGE, str(error), image=unit.name)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield the document's instances, and a reject for each shape that is none."""
    document = load_document(export, unit, "shapes")
    if isinstance(document, Rejected):
        yield document
        return
    instances: dict[str, tuple[str, list[Geometry]]] = {}
    for index, shape in enumerate(records_at(document, "shapes")):
        ref = part_ref(unit.name, f"shape {index}")
        typed = _shape(shape)
        if not isinstance(typed, Polygons | Bitmap):
            yield Rejected(ref, *typed)
            continue
        label, group = str(shape.get("label")), whole_number(shape.get("group_id"))
        key = ref if group is None else part_ref(unit.name, f"group {group}/{label}")
        instances.setdefault(key, (label, []))[1].append(typed)
    for ref, (label, parts) in instances.items():
        ignored = label == IGNORED_LABEL
        geometry = parts[0] if len(parts) == 1 else Parts(parts)
        yield LabelledObject(ref, unit.name, VOID_LABEL if ignored else label, geometry, is_void=ignored)


READER = Reader(units, images, objects, documents=(), files=document_bytes)


def _image(export: Export, document: str, path: str) -> str:
    """Return where an image lies: where its path leads from the document, else under an end of the path, the longest first.

    Paths lead out of the document's folder (`../images/a.jpg`), or are those of the machine that the shapes were drawn on.

    Raises:
        HostilePathError: No end of the path is a name.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if export.images_beside and ".." in parts:
        led = posixpath.normpath("/".join([*document.split("/")[:-1], *parts]))
        if not led.startswith("..") and export.images.entry(led) is not None:
            return led
    named = parts[len(parts) - parts[::-1].index("..") :] if ".." in parts else parts
    ends = ["/".join(named[begin:]) for begin in range(max(0, len(named) - _LONGEST_END), len(named))]
    found = first_present(export, document, ends)
    return found if export.images.entry(found) is not None else export.image_path(document, ends[-1])


def _shape(shape: Any) -> Polygons | Bitmap | tuple[Reason, str]:
    if not isinstance(shape, dict):
        return Reason.MALFORMED_RECORD, "expected a shape as an object"
    label, kind = nonempty_text(shape.get("label")), shape.get("shape_type") or "polygon"
    if label is None:
        return Reason.EMPTY_LABEL, "a shape without label"
    if label == BACKGROUND_LABEL or kind in _NO_REGIONS:
        return Reason.NOT_AN_OBJECT, f"a shape of type {kind} and label {label[:80]}"
    if kind == "rectangle":
        return Reason.BOX_ONLY, "a rectangle"
    if kind == "mask":
        return _mask(shape)
    if kind != "polygon":
        return Reason.UNSUPPORTED_GEOMETRY, f"a shape of type {str(kind)[:80]}"
    ring = ring_of_pairs(shape.get("points"))
    if ring is None:
        return Reason.MALFORMED_GEOMETRY, "expected at least 3 points [x, y] of finite numbers"
    return Polygons([ring])


def _mask(shape: dict[str, Any]) -> Bitmap | tuple[Reason, str]:
    corner = finite_numbers(next(iter(list_at(shape, "points")), None))
    if corner is None or len(corner) != 2:
        return Reason.MALFORMED_GEOMETRY, "expected the corner of a mask as [x, y]"
    try:
        return Bitmap(base64_png_mask(shape.get("mask")), round(corner[0]), round(corner[1]))
    except MalformedBitmapError as error:
        return Reason.MALFORMED_GEOMETRY, str(error)
