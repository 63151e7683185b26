"""Reads Labelbox NDJSON (exports, and import files): one record an object; masks only where their files lie beside.

Source: docs.labelbox.com, "Export overview" and "Import annotations"; docs/formats/labelbox.md says what each becomes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.sources.fields.addresses import local_name, read_beside
from jobs.sources.fields.annotators import pseudonym
from jobs.sources.fields.image_paths import first_present
from jobs.sources.fields.points import ring_of_objects
from jobs.sources.fields.timestamps import utc_timestamp
from jobs.sources.files.documents import expected_object
from jobs.sources.files.exports import Export
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, object_at, records_at, whole_number
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.task_lists import document_of, first_task, task_units, tasks_of
from jobs.sources.rasters.bitmaps import MalformedBitmapError, png_mask
from jobs.sources.reader import Reader
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Polygons, Rejected, Unit, part_ref, record_ref
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 8  # objects that one line is expected to hold
_USUAL_ENDINGS = (".jpg", ".jpeg", ".png")
_BOXES = ("bbox", "bounding_box")
_NO_REGIONS = (
    *("line", "point", "answer", "answers", "classifications", "location", "textSelections", "segments"),
    *("relationship", "metricName", "metricValue", "messageEvaluationTask"),
)
_NAMELESS = re.compile(r"/(?:annotations|masks)/(?P<id>[^/]+)/index/\d+(?:/mask)?$")
"""Addresses of masks that end alike for every mask: the id of an annotation or a composite mask stands for the name."""
FIRST_EXPORT = (
    "is in Labelbox's first export format (ID, Labeled Data, Label), which is not read; export the project again as NDJSON, "
    "from Data Rows > Export in Labelbox or `project.export()` of its SDK"
)
"""What is said of an export in the old format."""
_ObjectOfLabel = tuple[str, dict[str, Any], dict[str, Any]]


def is_first_export(record: object) -> bool:
    """Say whether a record is of Labelbox's first export: `ID`, `Labeled Data`, `Label`."""
    return isinstance(record, dict) and "Labeled Data" in record and "Label" in record


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide the lines of an export into units.

    Raises:
        InputError: The only document is no NDJSON, nor a list, or one is of the first export format.
    """
    for unit in task_units(export, ("data_rows",), _WEIGHT):
        if isinstance(unit, Unit) and is_first_export(first_task(export, unit)):
            raise InputError(f"{export.annotations.uri(document_of(unit))} {FIRST_EXPORT}")
        yield unit


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the data row of each line; lines of an import file that name the same row list it once."""
    seen: set[str] = set()
    for index, line in tasks_of(export, unit):
        name, row = _image_name(line, index), _row_name(line, index)
        exported = isinstance(line, dict) and "data_row" in line
        ref = part_ref(row, "image") if exported else record_ref(None, f"data row {row}")
        if name in seen:
            continue
        seen.add(name)
        if not isinstance(line, dict):
            yield Rejected(ref, Reason.MALFORMED_RECORD, expected_object(line, "a line"), image=name)
            continue
        sides = object_at(line, "media_attributes")
        try:
            path = first_present(export, document_of(unit), _names(line))
        except HostilePathError as error:
            yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=name)
            continue
        width, height = image_side(sides.get("width")), image_side(sides.get("height"))
        yield ListedImage(ref, name, path, width, height, shared=not exported)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each object of each line."""
    for index, line in tasks_of(export, unit):
        name, row = _image_name(line, index), _row_name(line, index)
        if not isinstance(line, dict):
            yield Rejected(record_ref(None, f"line {index}"), Reason.MALFORMED_RECORD, expected_object(line, "a line"))
            continue
        for number, (key, record, label) in enumerate(_records(line, index)):
            ref = part_ref(row, key or f"at {number}") if "data_row" in line else record_ref(None, key or f"line {index}")
            yield _object(export, document_of(unit), record, label, ref, name)


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the masks that lie beside the document."""
    for index, line in tasks_of(export, unit):
        for _, record, _ in _records(line, index) if isinstance(line, dict) else []:
            address = _mask_address(record)
            if address is not None:
                try:
                    yield read_beside(export, document_of(unit), address)
                except InputError as error:
                    yield str(error).encode()


READER = Reader(units, images, objects, documents=(".ndjson", ".jsonl", ".json"), files=files)


def _records(line: dict[str, Any], index: int) -> Iterator[_ObjectOfLabel]:
    """Yield key, object and label details of every object: of an export's projects, or the one of an import line."""
    if "data_row" not in line:
        yield str(line.get("uuid") or ""), line, {}
        return
    for project in object_at(line, "projects").values():
        for label in records_at(project, "labels"):
            annotations = object_at(label, "annotations")
            if annotations.get("frames"):
                yield f"frames of {str(label.get('id'))[:80]}", {"frames": True}, {}
            for record in records_at(annotations, "objects"):
                if isinstance(record, dict):
                    yield str(record.get("feature_id") or ""), record, object_at(label, "label_details")
                else:
                    yield "", {}, {}


def _object(
    export: Export, document: str, record: dict[str, Any], details: dict[str, Any], ref: str, image: str
) -> LabelledObject | Rejected:
    geometry = _geometry(export, document, record)
    if not isinstance(geometry, Polygons | Bitmap):
        return Rejected(ref, *geometry)
    label = nonempty_text(record.get("name")) or nonempty_text(record.get("schemaId"))
    if label is None:
        return Rejected(ref, Reason.EMPTY_LABEL, "an object without name or schemaId")
    annotator = pseudonym("labelbox", details.get("created_by"))
    return LabelledObject(ref, image, label, geometry, annotator=annotator, annotated_at=utc_timestamp(details.get("created_at")))


def _geometry(export: Export, document: str, record: dict[str, Any]) -> Polygons | Bitmap | tuple[Reason, str]:
    if "polygon" in record:
        ring = ring_of_objects(record["polygon"])
        return Polygons([ring]) if ring else (Reason.MALFORMED_GEOMETRY, "expected a polygon of at least 3 points {x, y}")
    if (address := _mask_address(record)) is not None:
        try:
            mask = png_mask(read_beside(export, document, address), _mask_colour(record))
            return Bitmap(mask) if mask.any() else (Reason.EMPTY_GEOMETRY, "no pixel of the mask's image has its colour")
        except MalformedBitmapError as error:
            return Reason.MALFORMED_GEOMETRY, str(error)
        except InputError as error:
            return Reason.EMPTY_GEOMETRY, f"the mask's pixels are not in the export: {error}"
    if any(key in record for key in _BOXES):
        return Reason.BOX_ONLY, "a bounding box"
    if "frames" in record:
        return Reason.UNSUPPORTED_GEOMETRY, "annotations of a video's frames"
    if any(key in record for key in _NO_REGIONS):
        return Reason.NOT_AN_OBJECT, "an annotation without a region"
    return Reason.EMPTY_GEOMETRY, "an object without geometry"


def _mask_address(record: dict[str, Any]) -> object | None:
    mask = _mask_of(record)
    if isinstance(coded := mask.get("png"), str):
        return f"data:image/png;base64,{coded}"
    address = mask.get("instanceURI") or mask.get("url") if mask else None
    nameless = _NAMELESS.search(address.partition("?")[0]) if isinstance(address, str) else None
    return f"{nameless['id']}.png" if nameless else address


def _mask_of(record: dict[str, Any]) -> dict[str, Any]:
    return object_at(record, "mask") or object_at(record, "composite_mask")


def _mask_colour(record: dict[str, Any]) -> tuple[int, int, int] | None:
    """Return the colour of an object's mask in an image of many; None where the image is of one."""
    mask = _mask_of(record)
    channels = [whole_number(channel) for channel in list_at(mask, "color_rgb") or list_at(mask, "colorRGB")]
    found = [channel for channel in channels if channel is not None and 0 <= channel <= 255]
    return (found[0], found[1], found[2]) if len(found) == len(channels) == 3 else None


def _row_name(line: Any, index: int) -> str:
    row = object_at(line, "data_row") or object_at(line, "dataRow")
    found = row.get("global_key") or row.get("globalKey") or row.get("external_id") or row.get("id")
    return str(found)[:200] if isinstance(found, str | int) else f"line {index}"


def _image_name(line: Any, index: int) -> str:
    return str(index) if isinstance(line, dict) and "data_row" in line else _row_name(line, index)


def _names(line: Any) -> Iterator[object]:
    """Yield the names under which a data row's image may lie; one without an ending, such as the row's id, also with the usual ones."""
    row = object_at(line, "data_row") or object_at(line, "dataRow")
    for key in ("external_id", "global_key", "globalKey", "row_data", "id"):
        if isinstance(row.get(key), str):
            name = local_name(row[key])
            yield name
            if not name.lower().endswith(IMAGE_SUFFIXES):
                yield from (f"{name}{ending}" for ending in _USUAL_ENDINGS)
