"""Signatures of formats: what the first records of an annotation file give away about its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.sources.fields.addresses import local_name
from jobs.sources.files.documents import parse_span, parse_spans
from jobs.sources.files.folders import Folder, MappedBytes
from jobs.sources.files.json_documents import list_at, nonempty_text, object_at
from jobs.sources.files.json_spans import element_spans, member_spans
from jobs.sources.files.paths import HostilePathError
from jobs.sources.files.task_lists import begins_with, text_start
from jobs.sources.formats.labelbox import FIRST_EXPORT, is_first_export
from lake.errors import InputError

_HEAD = 65_536
_LOOKED_AT = 8  # annotations of a document


@dataclass(frozen=True, slots=True)
class Signature:
    """A document's format, what gave it away, and how it names its first image; or why no reader takes it as it is."""

    format: str
    evidence: str
    image: str | None = None
    unread: str | None = None


def document_signature(folder: Folder, path: str) -> Signature | None:
    """Say which format a document has; None when no reader knows it, or it cannot be read.

    Args:
        folder: Where it lies.
        path: Of an XML, JSON or NDJSON file below it.
    """
    try:
        data = folder.mapped(path)
        if path.lower().endswith(".xml"):
            return _xml(data)
        begin = text_start(data)
        if begins_with(data, b"["):
            return _list(data, begin, path)
        first = parse_span(data, begin, _line_end(data, begin)) if path.lower().endswith(("ndjson", "jsonl")) else None
        return _task(first) or _object(data, path, under_ann="/ann/" in f"/{path}")
    except InputError:
        return None


def _xml(data: MappedBytes) -> Signature | None:
    head = data[:_HEAD].tobytes()
    if b"<annotations" not in head:
        return None
    return Signature("cvat", "an XML document <annotations>", None)


def _list(data: MappedBytes, begin: int, path: str) -> Signature | None:
    return _task(_first(data, (begin, data.size), path))


def _first(data: MappedBytes, span: tuple[int, int], path: str) -> Any:
    """Parse the first element of an array; None when there is none."""
    elements = element_spans(data, span, path)
    return parse_span(data, int(elements.starts[0]), int(elements.ends[0])) if len(elements) else None


def _object(data: MappedBytes, path: str, *, under_ann: bool) -> Signature | None:
    top = member_spans(data, path)
    if "images" in top and "annotations" in top:
        return _coco(data, top, path)
    if {"images", "categories"} <= top.keys() and "annotations" not in top:
        image = _first(data, top["images"], path)
        name = _path(image.get("file_name")) if isinstance(image, dict) else None
        return Signature("coco", "the keys images and categories", name, "a COCO list of images without annotations")
    if "items" in top and "categories" in top:
        item = _first(data, top["items"], path)
        return Signature("datumaro", "the keys items and categories", _path(object_at(item, "image").get("path")))
    if "masklet" in top:
        video = nonempty_text(parse_span(data, *top["video_id"])) if "video_id" in top else None
        return Signature("sa-v", "the key masklet", _path(video))
    if "shapes" in top:
        return Signature("labelme", "the key shapes", None)
    if "item" in top and "annotations" in top:
        item = parse_span(data, *top["item"])
        return Signature("darwin", "the keys item and annotations", _path(item.get("name") if isinstance(item, dict) else None))
    if "objects" in top and under_ann:
        return Signature("supervisely", "the key objects, in a folder ann", None)
    for key in ("tasks", "docs"):
        if key in top:
            return _task(_first(data, top[key], path))
    return _task(parse_span(data, text_start(data), int(data.size)))


def _coco(data: MappedBytes, top: Mapping[str, tuple[int, int]], path: str) -> Signature:
    image = _first(data, top["images"], path)
    name = _path(image.get("file_name")) if isinstance(image, dict) else None
    elements = element_spans(data, top["annotations"], path)
    records = parse_spans(data, elements.starts[:_LOOKED_AT], elements.ends[:_LOOKED_AT])
    keys = frozenset[str]().union(*(record.keys() for record in records if isinstance(record, dict)))
    if "segments_info" in keys:
        return Signature("coco-panoptic", "images, and annotations with segments_info", name)
    evidence = "the keys images and annotations"
    if "keypoints" in keys:
        return Signature("coco", evidence, name, "a COCO file of key points, whose masks stand in the file of instances as well")
    if "caption" in keys and not keys & {"segmentation", "bbox"}:
        return Signature("coco", evidence, name, "a COCO file of captions, without any object")
    return Signature("coco", evidence, name)


def _task(task: Any) -> Signature | None:
    if not isinstance(task, dict):
        return None
    if is_first_export(task):
        return Signature("labelbox", "records with Labeled Data and Label", None, FIRST_EXPORT)
    if "image_id" in task and task.keys() & {"score", "caption", "keypoints"}:
        return _results(task)
    if "task_id" in task or "labelMapping" in object_at(task, "response"):
        return Signature("scale", "tasks with a task_id", _path(object_at(task, "params").get("attachment")))
    if "dataRow" in task or "data_row" in task:
        row = object_at(task, "data_row")
        return Signature("labelbox", "lines with a data row", _name(row.get("external_id") or row.get("global_key")))
    if "result" in task or ("data" in task and ("annotations" in task or "completions" in task)):
        return Signature("label-studio", "tasks with results", _name(object_at(task, "data").get("image")))
    if list_at(task, "annotations") and "predictions" in task:
        return Signature("label-studio", "tasks with annotations and predictions", None)
    return None


def _results(record: Mapping[str, Any]) -> Signature:
    """Tell results of COCO, a list without images, by the first."""
    evidence = "a list of COCO results"
    if "segmentation" in record:
        return Signature("coco-results", evidence)
    kind = next((kind for kind in ("caption", "keypoints", "bbox") if kind in record), "score")
    return Signature("coco-results", evidence, None, f"a list of COCO results with {kind} alone, without masks")


def _name(address: object) -> str | None:
    """Return the last part of an address: a tool's own folders are not those of the export."""
    found = _path(address.lstrip("/") if isinstance(address, str) else address)
    return found.rpartition("/")[2] if found else None


def _path(address: object) -> str | None:
    try:
        return local_name(address)
    except HostilePathError:
        return None


def _line_end(data: MappedBytes, begin: int) -> int:
    head = data[begin : begin + (16 << 20)].tobytes()
    return begin + (head.find(b"\n") if b"\n" in head else len(head))
