"""Reads Label Studio tasks (JSON export): one record a labelled region, brushes and polygons in per cent.

Source: labelstud.io/guide/export, "JSON"; docs/formats/label-studio.md says what becomes of each result.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from jobs.sources.fields.addresses import embedded_bytes, local_name
from jobs.sources.fields.annotators import pseudonym
from jobs.sources.fields.image_paths import first_present
from jobs.sources.fields.points import ring_of_pairs, scaled
from jobs.sources.fields.timestamps import utc_timestamp
from jobs.sources.files.documents import Unparsed, expected_object
from jobs.sources.files.exports import Export
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, object_at, records_at, whole_number
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.task_lists import document_of, task_units, tasks_of
from jobs.sources.rasters.bitmaps import MalformedBitmapError
from jobs.sources.rasters.brush_runs import decode_brush
from jobs.sources.reader import Reader
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Polygons, Rejected, Unit, part_ref
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 16  # objects that one task is expected to hold
_TASK_KEYS = {"data", "annotations", "completions", "result"}
_REGIONS = ("brush", "polygon")
_BOXES = ("rectangle",)
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
_UNSUPPORTED = ("ellipse", "magicwand", "bitmask", "vector")


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide the lists of tasks into units.

    Raises:
        InputError: The only document is no list of tasks.
    """
    yield from task_units(export, ("tasks",), _WEIGHT)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image of each task."""
    for index, task in tasks_of(export, unit):
        ref, name = part_ref(_task_name(task, index), "image"), str(index)
        sides = _stated_size(task)
        if isinstance(task, Unparsed):
            yield Rejected(ref, Reason.MALFORMED_RECORD, expected_object(task, "a task"), image=name)
            continue
        if isinstance(task, dict) and not _TASK_KEYS & task.keys():
            detail = "no task of a JSON export, which has `data` and `annotations`; JSON_MIN is not read"
            yield Rejected(ref, Reason.MALFORMED_RECORD, detail, image=name)
            continue
        try:
            address = _address(task)
            if address is not None and (carried := embedded_bytes(address)) is not None:
                yield ListedImage(ref, name, f"{_task_name(task, index)}", *sides, embedded=carried)
            else:
                yield ListedImage(ref, name, first_present(export, document_of(unit), _names(address)), *sides)
        except HostilePathError as error:
            reason = Reason.HOSTILE_PATH if address is not None else Reason.MISSING_IMAGE
            yield Rejected(ref, reason, str(error), image=name)
        except InputError as error:
            yield Rejected(ref, Reason.UNDECODABLE_IMAGE, str(error), image=name)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each result of each annotation that was not cancelled."""
    for index, task in tasks_of(export, unit):
        container = _task_name(task, index)
        for number, annotation in enumerate(_annotations(task)):
            if not isinstance(annotation, dict):
                yield Rejected(part_ref(container, f"{number}"), Reason.MALFORMED_RECORD, "expected an annotation as an object")
                continue
            labels = _labels_by_region(annotation)
            for position, result in enumerate(records_at(annotation, "result")):
                own = nonempty_text(result.get("id")) if isinstance(result, dict) else None
                ref = part_ref(container, f"{number}/{own[:80] if own else position}")
                yield _outcome(result, ref, str(index), annotation, labels.get(own or "", []), sizes.get(str(index)))


READER = Reader(units, images, objects, documents=(".json", ".ndjson", ".jsonl"))


def _labels_by_region(annotation: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the labels that results of their own give to regions, by the regions' id: of a Labels tag beside a Polygon."""
    found: dict[str, list[Any]] = {}
    for result in list_at(annotation, "result"):
        if isinstance(result, dict) and result.get("type") == "labels" and (own := nonempty_text(result.get("id"))):
            found.setdefault(own, []).extend(list_at(object_at(result, "value"), "labels"))
    return found


def _outcome(
    result: Any, ref: str, image: str, annotation: dict[str, Any], given: list[Any], stated: ImageSize | None
) -> LabelledObject | Rejected:
    if not isinstance(result, dict):
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected a result as an object")
    if annotation.get("was_cancelled") or annotation.get("skipped"):
        return Rejected(ref, Reason.NOT_AN_OBJECT, "its annotation was cancelled")
    kind = str(result.get("type", "")).removesuffix("labels")
    if kind in _BOXES:
        return Rejected(ref, Reason.BOX_ONLY, "a rectangle")
    if kind in _UNSUPPORTED or result.get("image_rotation"):
        return Rejected(ref, Reason.UNSUPPORTED_GEOMETRY, f"a {kind}, or a region on a rotated image")
    if kind not in _REGIONS:
        return Rejected(ref, Reason.NOT_AN_OBJECT, f"a result of type {str(result.get('type'))[:80]}")
    if result.get("item_index"):
        return Rejected(ref, Reason.UNLISTED_IMAGE, "a region on a later image of a task of several; only the first is read")
    value = object_at(result, "value")
    labels = [label for key in (f"{kind}labels", "labels") for label in list_at(value, str(key))] or given
    label = nonempty_text(labels[0]) if len(labels) == 1 else None
    if label is None:
        return Rejected(ref, Reason.EMPTY_LABEL, f"expected one label, got {len(labels)}")
    width, height = image_side(result.get("original_width")), image_side(result.get("original_height"))
    if width is None or height is None:
        width, height = (stated.width, stated.height) if stated else (None, None)
    if width is None or height is None:
        return Rejected(ref, Reason.MALFORMED_GEOMETRY, "neither the region nor its image says how large the image is")
    if stated is not None and (width, height) != (stated.width, stated.height):
        detail = f"a region on {width} x {height} px, its image has {stated.width} x {stated.height}"
        return Rejected(ref, Reason.SIZE_MISMATCH, detail)
    geometry = _brush(value, width, height) if kind == "brush" else _polygon(value, width, height)
    if not isinstance(geometry, Bitmap | Polygons):
        return Rejected(ref, *geometry)
    annotator = pseudonym("label-studio", annotation.get("completed_by"))
    return LabelledObject(ref, image, label, geometry, annotator=annotator, annotated_at=utc_timestamp(annotation.get("created_at")))


def _brush(value: dict[str, Any], width: int, height: int) -> Bitmap | tuple[Reason, str]:
    code = list_at(value, "rle")
    if value.get("format") != "rle" or any(number is None or not 0 <= number <= 255 for number in map(whole_number, code)):
        return Reason.MALFORMED_GEOMETRY, "expected a brush as an rle of bytes"
    try:
        return Bitmap(decode_brush(np.array(code, np.uint8), height, width))
    except MalformedBitmapError as error:
        return Reason.MALFORMED_GEOMETRY, str(error)


def _polygon(value: dict[str, Any], width: int, height: int) -> Polygons | tuple[Reason, str]:
    ring = ring_of_pairs(value.get("points"))
    if ring is None:
        return Reason.MALFORMED_GEOMETRY, "expected at least 3 points [x, y] in per cent"
    return Polygons([scaled(ring, width / 100, height / 100)])


def _annotations(task: Any) -> list[Any]:
    """Return a task's annotations; a bare prediction, as machine-learning backends write it, stands for one."""
    if isinstance(task, dict) and "result" in task:
        return [task]
    return records_at(task, "annotations") or records_at(task, "completions")


def _stated_size(task: Any) -> tuple[int | None, int | None]:
    for annotation in _annotations(task):
        for result in list_at(annotation, "result"):
            if isinstance(result, dict) and image_side(result.get("original_width")) and not result.get("image_rotation"):
                return image_side(result.get("original_width")), image_side(result.get("original_height"))
    return None, None


def _address(task: Any) -> str | None:
    """Return how a task names its image: `image`, else the first text that looks like one, else the first text."""
    data = object_at(task, "data")
    firsts = (value[0] if isinstance(value, list) and value else value for value in (data.get("image"), *data.values()))
    texts = [value for value in firsts if isinstance(value, str)]
    image_texts = [value for value in texts if value.partition("?")[0].lower().endswith(IMAGE_SUFFIXES) or value[:11] == "data:image/"]
    return next(iter(texts if data.get("image") else image_texts or texts), None)


def _names(address: str | None) -> Iterator[object]:
    """Yield under which names an image may lie: uploads are renamed `<hash>-<name>`, local files come as a query."""
    if address is None:
        return
    try:
        query = parse_qs(urlsplit(address).query).get("d", [])
    except ValueError:
        query = []
    if query:
        yield query[0].lstrip("/")
        yield query[0].rpartition("/")[2]
    name = address if not address.startswith("/") else address.partition("?")[0].rpartition("/")[2]
    path = local_name(name)
    own = path.rpartition("/")[2]
    yield path
    yield own
    yield _UPLOAD.sub("", own)


def _task_name(task: Any, index: int) -> str:
    number = task.get("id") if isinstance(task, dict) else None
    return f"task {number}" if isinstance(number, int | str) and number != "" else f"task at {index}"
