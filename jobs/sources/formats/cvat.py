"""Reads CVAT for images 1.1 (XML), projects with subsets included: one record a shape.

Source: docs.cvat.ai, "CVAT for image export"; docs/formats/cvat.md says what becomes of each shape.
"""

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from jobs.sources.fields.image_paths import first_present
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import finite_numbers, image_side
from jobs.sources.files.paths import HostilePathError
from jobs.sources.rasters.bitmaps import MalformedBitmapError, run_length_mask
from jobs.sources.reader import Reader
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Parts, Polygons, Rejected, Unit, part_ref, record_ref
from lake.errors import InputError
from lake.reasons import Reason

_IMAGES_OF_A_UNIT = 256
_NO_REGIONS = ("polyline", "points", "tag", "skeleton")
_UNSUPPORTED = ("ellipse", "cuboid")
_Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class CvatImage:
    """One image element: its attributes, and the kind and attributes of each shape on it."""

    index: int
    attributes: _Attributes
    shapes: tuple[tuple[str, _Attributes], ...]


@dataclass(frozen=True, slots=True)
class CvatUnit:
    """Some images of one document."""

    document: str
    images: tuple[CvatImage, ...]


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide each document into groups of images.

    Raises:
        InputError: The only document is no XML, or declares entities.
    """
    for entry in export.documents(".xml"):
        try:
            yield from _document_units(export, entry.path)
        except InputError as error:
            if export.file is not None:
                raise
            yield Rejected(record_ref(entry.path, "document"), Reason.MALFORMED_RECORD, str(error))


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the unit's images."""
    payload = _payload(unit)
    for image in payload.images:
        ref = part_ref(_container(export, payload.document, image), "image")
        name, subset = image.attributes.get("name", ""), image.attributes.get("subset", "")
        below = [f"images/{subset}/{name}", f"{subset}/{name}"] if subset else []
        try:
            path = first_present(export, payload.document, [*below, name, f"images/{name}"] if name else [])
        except HostilePathError as error:
            yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=str(image.index))
            continue
        yield ListedImage(ref, str(image.index), path, _side(image, "width"), _side(image, "height"))


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each shape."""
    payload = _payload(unit)
    for image in payload.images:
        container = _container(export, payload.document, image)
        instances: dict[str, list[LabelledObject]] = {}
        for index, (kind, attributes) in enumerate(image.shapes):
            outcome = _object(kind, attributes, part_ref(container, f"{kind} {index}"), str(image.index))
            if isinstance(outcome, Rejected):
                yield outcome
                continue
            group = attributes.get("group_id", "0").strip()
            key = part_ref(container, f"group {group}/{outcome.label}") if group.strip("0") else outcome.ref
            instances.setdefault(key, []).append(outcome)
        for ref, parts in instances.items():
            yield parts[0] if len(parts) == 1 else replace(parts[0], ref=ref, geometry=Parts([part.geometry for part in parts]))


READER = Reader(units, images, objects, documents=(".xml",))


def _object(kind: str, attributes: _Attributes, ref: str, image: str) -> LabelledObject | Rejected:
    if kind == "box":
        return Rejected(ref, Reason.BOX_ONLY, "a box")
    if kind in _NO_REGIONS:
        return Rejected(ref, Reason.NOT_AN_OBJECT, f"a {kind}")
    if kind in _UNSUPPORTED:
        return Rejected(ref, Reason.UNSUPPORTED_GEOMETRY, f"a {kind}")
    label = attributes.get("label", "")
    if not label.strip():
        return Rejected(ref, Reason.EMPTY_LABEL, f"a {kind} without label")
    if kind == "polygon":
        ring = _numbers(attributes.get("points", "").replace(";", ","))
        if ring is None or len(ring) < 6 or len(ring) % 2:
            return Rejected(ref, Reason.MALFORMED_GEOMETRY, "expected points x,y;x,y;… of at least 3 points")
        return LabelledObject(ref, image, label, Polygons([ring]))
    if kind == "mask":
        return _mask(attributes, label, ref, image)
    return Rejected(ref, Reason.MALFORMED_RECORD, f"a shape of the unknown kind {kind[:80]!r}")


def _mask(attributes: _Attributes, label: str, ref: str, image: str) -> LabelledObject | Rejected:
    box = _numbers(",".join(attributes.get(key, "") for key in ("left", "top", "width", "height")))
    counts = _numbers(attributes.get("rle", ""))
    if box is None or counts is None or any(number != int(number) or abs(number) > 2**31 for number in [*box, *counts]):
        return Rejected(ref, Reason.MALFORMED_GEOMETRY, "expected a mask with left, top, width, height and rle in whole numbers")
    left, top, width, height = map(int, box)
    try:
        mask = run_length_mask(np.array(counts, np.int64), height, width)
    except MalformedBitmapError as error:
        return Rejected(ref, Reason.MALFORMED_GEOMETRY, str(error))
    return LabelledObject(ref, image, label, Bitmap(mask, left, top))


def _document_units(export: Export, path: str) -> Iterator[Unit]:
    elements = _elements(export, path)
    while group := tuple(islice(elements, _IMAGES_OF_A_UNIT)):
        weight = len(group) + sum(len(image.shapes) for image in group)
        yield Unit(f"{path}/{group[0].index:08d}", CvatUnit(path, group), weight)


def _elements(export: Export, path: str) -> Iterator[CvatImage]:
    """Stream the image elements of a document; entities and document types are refused."""
    index = 0
    try:
        for _, element in iterparse(io.BytesIO(export.annotations.mapped(path).tobytes()), events=("end",), forbid_dtd=True):
            if element.tag == "track":
                raise InputError(
                    f"{export.annotations.uri(path)} is an export of `CVAT for video 1.1`, whose tracks are not read; "
                    "export the task as `CVAT for images 1.1`, which splits tracks into frames"
                )
            if element.tag == "image":
                shapes = tuple((str(shape.tag), dict(shape.attrib)) for shape in element)
                yield CvatImage(index, dict(element.attrib), shapes)
                index += 1
                element.clear()
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(f"{export.annotations.uri(path)} is no XML that is read: {error}") from None


def _container(export: Export, document: str, image: CvatImage) -> str:
    name = "/".join(part for part in (image.attributes.get("subset", ""), image.attributes.get("name", "")) if part)
    stem = export.document_name(document)
    return "/".join(part for part in (stem, name or f"image at {image.index}") if part)


def _side(image: CvatImage, key: str) -> int | None:
    found = _numbers(image.attributes.get(key, ""))
    return image_side(found[0]) if found else None


def _numbers(value: str) -> list[float] | None:
    try:
        return finite_numbers([float(number) for number in value.split(",")])
    except ValueError:
        return None


def _payload(unit: Unit) -> CvatUnit:
    if not isinstance(unit.payload, CvatUnit):
        raise ValueError(f"expected a unit of a CVAT document, got {type(unit.payload).__name__}")
    return unit.payload
