"""Reads Scale and Rapid segmentation tasks (callback format): one record a labelled index; nothing is downloaded.

Source: docs.scale.com/reference/segmentannotation-callback-format; docs/formats/scale.md says what each case becomes.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import numpy as np

from imaging.images import ImageRefusedError
from jobs.sources.fields.addresses import embedded_bytes, local_name, read_beside
from jobs.sources.fields.points import ring_of_objects
from jobs.sources.fields.timestamps import utc_timestamp
from jobs.sources.files.documents import Unparsed, expected_object
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import list_at, nonempty_text, object_at, whole_number
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.task_lists import document_of, task_units, tasks_of
from jobs.sources.rasters.label_maps import IdMap, decode_colour_map, decode_index_map, is_coloured, refused
from jobs.sources.reader import Reader
from jobs.sources.records import VOID_LABEL, Bitmap, ImageSize, LabelledObject, ListedImage, Polygons, Rejected, Unit, part_ref
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 32  # objects that one task is expected to hold
_MAPS = ("extendedIndexedImage", "indexedImage")
_UNSUPPORTED = ("ellipse", "cuboid", "rotated_box")


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide the lists of tasks into units.

    Raises:
        InputError: The only document is no list of tasks.
    """
    yield from task_units(export, ("tasks", "docs"), _WEIGHT)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image of each task: the task's attachment."""
    for task_index, task in tasks_of(export, unit):
        name = _task_name(task, task_index)
        ref = part_ref(name, "image")
        if isinstance(task, Unparsed):
            yield Rejected(ref, Reason.MALFORMED_RECORD, expected_object(task, "a task"), image=str(task_index))
            continue
        address = object_at(task, "params").get("attachment") or object_at(task, "params").get("attachments")
        try:
            if isinstance(address, str) and (carried := embedded_bytes(address)) is not None:
                yield ListedImage(ref, str(task_index), name, embedded=carried)
            else:
                yield ListedImage(ref, str(task_index), export.image_path(document_of(unit), local_name(address)))
        except HostilePathError as error:
            yield Rejected(ref, Reason.HOSTILE_PATH, str(error), image=str(task_index))
        except InputError as error:
            yield Rejected(ref, Reason.MALFORMED_RECORD, str(error), image=str(task_index))


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one record for each label, or each instance of a label, that a task maps."""
    for task_index, task in tasks_of(export, unit):
        yield from _task_objects(export, document_of(unit), task_index, task, sizes.get(str(task_index)))


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the index map of each task."""
    for _, task in tasks_of(export, unit):
        combined = object_at(object_at(object_at(task, "response"), "annotations"), "combined")
        try:
            yield _index_bytes(export, document_of(unit), combined)
        except InputError as error:
            yield str(error).encode()


READER = Reader(units, images, objects, documents=(".json", ".ndjson", ".jsonl"), files=files)


def indices_of(label_mapping: Mapping[str, Any], ref: str) -> tuple[list[tuple[str, int, str]], list[Rejected]]:
    """Return label, index and part of every entry of a `labelMapping`; entries without an index are rejected."""
    found: list[tuple[str, int, str]] = []
    rejected: list[Rejected] = []
    taken: set[int] = set()
    for label, entries in label_mapping.items():
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            part = f"{label}/{number}"
            index = whole_number(entry.get("index")) if isinstance(entry, dict) else None
            if index is None or index < 1:
                rejected.append(Rejected(part_ref(ref, part), Reason.MALFORMED_RECORD, "expected an index above 0"))
            elif nonempty_text(label) is None:
                rejected.append(Rejected(part_ref(ref, part), Reason.EMPTY_LABEL, f"index {index} has no label"))
            elif index in taken:
                rejected.append(Rejected(part_ref(ref, part), Reason.DUPLICATE_ID, f"index {index} belongs to an earlier label"))
            else:
                taken.add(index)
                found.append((label, index, part))
    return found, rejected


def _task_objects(export: Export, document: str, task_index: int, task: Any, size: ImageSize | None) -> Iterator[LabelledObject | Rejected]:
    name = _task_name(task, task_index)
    response = object_at(task, "response")
    if list_at(response, "annotations"):
        yield from _shapes(response, name, str(task_index), utc_timestamp(task.get("completed_at")))
        return
    label_mapping = object_at(response, "labelMapping")
    if not label_mapping:
        yield Rejected(part_ref(name, "response"), Reason.NOT_AN_OBJECT, "a task without a segmentation in its response")
        return
    try:
        values = _index_map(export, document, object_at(object_at(object_at(task, "response"), "annotations"), "combined"))
    except ImageRefusedError as error:
        yield refused(part_ref(name, "response"), error)
        return
    except InputError as error:
        yield Rejected(part_ref(name, "response"), Reason.MALFORMED_GEOMETRY, str(error))
        return
    if size is not None and (size.height, size.width) != values.shape:
        found = f"{values.shape[1]} x {values.shape[0]}"
        detail = f"the index map has {found} px, its image {size.width} x {size.height}"
        yield Rejected(part_ref(name, "response"), Reason.SIZE_MISMATCH, detail)
        return
    named, rejected = indices_of(label_mapping, name)
    yield from rejected
    annotated_at = utc_timestamp(task.get("completed_at"))
    for label, index, part in named:
        mask = values == index
        if mask.any():
            yield LabelledObject(part_ref(name, part), str(task_index), label, Bitmap(mask), annotated_at=annotated_at)
        else:
            yield Rejected(part_ref(name, part), Reason.EMPTY_GEOMETRY, f"no pixel of the map has index {index}")
    known = [index for _, index, _ in named] + ([] if export.scene == "full" else [0])
    void = ~np.isin(values, known)
    if void.any():
        yield LabelledObject(part_ref(name, VOID_LABEL), str(task_index), VOID_LABEL, Bitmap(void), is_void=True)


def _shapes(response: Mapping[str, Any], name: str, image: str, annotated_at: datetime | None) -> Iterator[LabelledObject | Rejected]:
    """Yield the outcomes of an image annotation task: polygons are kept, boxes and lines are not."""
    for number, shape in enumerate(list_at(response, "annotations")):
        own = nonempty_text(shape.get("uuid")) if isinstance(shape, dict) else None
        ref = part_ref(name, own[:80] if own else f"at {number}")
        if not isinstance(shape, dict):
            yield Rejected(ref, Reason.MALFORMED_RECORD, "expected an annotation as an object")
        elif (kind := _kind(shape)) == "box":
            yield Rejected(ref, Reason.BOX_ONLY, "a box")
        elif kind in _UNSUPPORTED:
            yield Rejected(ref, Reason.UNSUPPORTED_GEOMETRY, f"a shape of type {kind}")
        elif kind != "polygon":
            yield Rejected(ref, Reason.NOT_AN_OBJECT, f"an annotation of type {str(kind)[:80]}")
        elif (label := nonempty_text(shape.get("label"))) is None:
            yield Rejected(ref, Reason.EMPTY_LABEL, "a polygon without label")
        elif (ring := ring_of_objects(shape.get("vertices"))) is None:
            yield Rejected(ref, Reason.MALFORMED_GEOMETRY, "expected vertices of at least 3 points {x, y}")
        else:
            yield LabelledObject(ref, image, label, Polygons([ring]), annotated_at=annotated_at)


def _kind(shape: Mapping[str, Any]) -> object:
    """Return a shape's type; tasks of one kind of shape leave it out."""
    if "type" in shape:
        return shape["type"]
    return "polygon" if "vertices" in shape else "box" if {"left", "top", "width", "height"} <= shape.keys() else None


def _index_bytes(export: Export, document: str, combined: Mapping[str, Any]) -> bytes:
    """Read the index map: the extended one where there is one beside the export, since 8 bits hold 255 indices alone.

    Raises:
        InputError: The task names no map, or none that it names lies beside the export.
    """
    addresses = [address for key in _MAPS if (address := combined.get(key))]
    if not addresses:
        raise InputError("expected annotations.combined.indexedImage or extendedIndexedImage")
    for address in addresses[:-1]:
        with suppress(InputError):
            return read_beside(export, document, address)
    return read_beside(export, document, addresses[-1])


def _index_map(export: Export, document: str, combined: Mapping[str, Any]) -> IdMap:
    data = _index_bytes(export, document, combined)
    if not is_coloured(data):
        return decode_index_map(data).astype(np.int32)
    coded = decode_colour_map(data)
    # Scale writes the least significant byte into red, the decoder reads it as the most significant.
    return (coded >> 16) | (coded & 0xFF00) | ((coded & 0xFF) << 16)


def _task_name(task: Any, task_index: int) -> str:
    return nonempty_text(task.get("task_id") if isinstance(task, dict) else None) or f"task at {task_index}"
