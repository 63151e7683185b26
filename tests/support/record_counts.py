"""Counts the records of an export by the standard library's parsers, sharing no code with any reader.

A count is a range where the format joins records: shapes of one group and label are one instance, so between one a group
and one a shape come out.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.sample_exports import Sample

_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif")
_DEEPEST = 60
_UNLIKE = re.compile(rb"\\u[dD][89a-fA-F]|\d{18}|\x00")
"""What parsers of JSON disagree about: surrogates, numbers beyond 64 bits, and zeros."""


class UncountableError(Exception):
    """A document is such that parsers may disagree about it."""


@dataclass(frozen=True, slots=True)
class Count:
    """At least and at most so many outcomes: rows of `images` and `annotations`, and rejects."""

    least: int
    most: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.least + other.least, self.most + other.most)


ONE = Count(1, 1)
NONE = Count(0, 0)


def count_records(sample: Sample, folder: Path) -> Count | None:
    """Count the outcomes that an export must have if it is not refused; None where that cannot be said.

    Args:
        sample: What the stanza says.
        folder: The export.
    """
    counter = _COUNTERS.get(sample.format)
    place = folder / sample.annotations if sample.annotations else folder
    if counter is None or not place.exists():
        return None
    try:
        return sum((counter(part) for part in _parts(sample.format, place)), NONE)
    except UncountableError:
        return None


def _parts(kind: str, place: Path) -> Iterator[Path]:
    endings = {
        "cvat": (".xml",),
        "yolo-seg": (),
        "labelbox": (".json", ".ndjson", ".jsonl"),
        "label-studio": (".json", ".ndjson", ".jsonl"),
    }
    suffixes = endings.get(kind, (".json", ".ndjson", ".jsonl") if kind == "scale" else (".json",))
    if not suffixes or place.is_file():
        yield place
        return
    for path in sorted(place.rglob("*")):
        relative = f"/{path.relative_to(place)}"
        skipped = (kind == "supervisely" and "/ann/" not in relative) or "/.v7/" in relative
        if path.is_file() and path.name.lower().endswith(suffixes) and not skipped:
            yield path


def _parsed(data: bytes) -> Any:
    """Parse a document; returns a `ValueError` for what no parser takes."""
    if _UNLIKE.search(data):
        raise UncountableError
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except UncountableError:
        raise
    except (ValueError, RecursionError) as error:
        return error
    if _depth(document) > _DEEPEST:
        raise UncountableError
    return document


def _refuse(_: str) -> Any:
    raise UncountableError


def _depth(value: Any) -> int:
    level, layer = 0, [value]
    while layer:
        layer = [inner for item in layer if isinstance(item, dict | list) for inner in (item.values() if isinstance(item, dict) else item)]
        level += 1
    return level


def _listed(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return [] if found is None else found if isinstance(found, list) else [found]


def _object(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _joined(shapes: list[Any], group: Callable[[Any], Any]) -> Count:
    groups = Counter(group(shape) for shape in shapes)
    alone = groups.pop(None, 0)
    return Count(alone + len(groups), len(shapes))


def _labelme(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or "shapes" not in document:
        return ONE
    return ONE + _joined(_listed(document, "shapes"), lambda shape: _group(shape, "group_id", "label"))


def _group(record: Any, key: str, label: str) -> Any:
    number = record.get(key) if isinstance(record, dict) else None
    return (number, str(record.get(label))) if isinstance(number, int | float) and not isinstance(number, bool) else None


def _darwin(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or "item" not in document:
        return ONE
    slots = _object(document, "item").get("slots")
    images = sum(isinstance(slot, dict) for slot in slots) if isinstance(slots, list) else 0
    layers = sum(isinstance(one, dict) and "raster_layer" in one for one in _listed(document, "annotations"))
    count = max(1, images) + len(_listed(document, "annotations")) - layers
    return Count(count, count)


def _supervisely(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or "objects" not in document:
        return ONE
    count = 1 + len(_listed(document, "objects"))
    return Count(count, count)


def _datumaro(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or not isinstance(document.get("items"), list) or not isinstance(document.get("categories"), dict):
        raise UncountableError
    found = NONE
    for item in document["items"]:
        found += ONE + (_joined(_listed(item, "annotations"), _datumaro_group) if isinstance(item, dict) else ONE)
    return found


def _datumaro_group(record: Any) -> Any:
    return None if isinstance(record, dict) and record.get("group") in (0, None) else _group(record, "group", "label_id")


def _cvat(path: Path) -> Count:
    try:
        root = ET.fromstring(path.read_bytes())
    except (ET.ParseError, ValueError, LookupError):
        raise UncountableError from None
    found = NONE
    for image in root.iter("image"):
        found += ONE + _joined(list(image), _cvat_group)
    return found


def _cvat_group(shape: ET.Element) -> Any:
    number = shape.get("group_id", "0").strip()
    return (number, shape.get("label")) if number.strip("0") else None


def _yolo(place: Path) -> Count:
    files = [one for one in place.rglob("*") if one.is_file()]
    images = [one for one in files if one.name.lower().endswith(_IMAGES)]
    texts = [one for one in files if one.name.lower().endswith(".txt") and one.name != "classes.txt"]
    stems = {_stem(one, place) for one in images}
    taken: set[str] = set()
    lines = 0
    for text in sorted(texts):
        if len(images) != len(stems) or _stem(text, place) in taken:
            raise UncountableError
        taken.add(_stem(text, place))
        try:
            content = text.read_bytes().decode("utf-8-sig") if _stem(text, place) in stems else "one"
        except UnicodeDecodeError:
            content = "one"
        lines += sum(bool(line.strip()) for line in content.splitlines())
    return Count(len(images) + lines, len(images) + lines)


def _stem(path: Path, place: Path) -> str:
    relative = path.relative_to(place)
    return "/".join([*(part for part in relative.parts[:-1] if part not in ("images", "labels")), path.name.rpartition(".")[0]])


def _sa_v(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or not isinstance(document.get("masklet"), list):
        return ONE
    frames = document["masklet"]
    masks = sum(len(frame) if isinstance(frame, list) else 1 for frame in frames)
    return Count(len(frames), len(frames) + masks)  # a masklet that is hidden in a frame is no record


def _tasks(path: Path, *keys: str) -> list[Any]:
    data = path.read_bytes()
    document = _parsed(data)
    if isinstance(document, ValueError | RecursionError):
        lines = [_parsed(line) for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
        if len(lines) < 2 or not all(isinstance(line, dict) for line in lines):
            raise UncountableError
        return lines
    if isinstance(document, list):
        return document
    found = next((document[key] for key in keys if key in document), [document]) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UncountableError
    return found


def _label_studio(path: Path) -> Count:
    found = NONE
    for task in _tasks(path, "tasks"):
        single = isinstance(task, dict) and "result" in task
        annotations = [task] if single else _listed(task, "annotations") or _listed(task, "completions")
        count = 1 + sum(len(_listed(one, "result")) if isinstance(one, dict) else 1 for one in annotations)
        found += Count(count, count)
    return found


def _labelbox(path: Path) -> Count:
    found = NONE
    for line in _tasks(path, "data_rows"):
        if not isinstance(line, dict) or "data_row" not in line:
            found += Count(1, 2)  # lines of an import file share their data rows
            continue
        labels = [label for project in _object(line, "projects").values() for label in _listed(project, "labels")]
        notes = [_object(label, "annotations") for label in labels]
        count = 1 + sum(len(_listed(one, "objects")) + bool(one.get("frames")) for one in notes)
        found += Count(count, count)
    return found


def _scale(path: Path) -> Count:
    found = NONE
    for task in _tasks(path, "tasks", "docs"):
        response = _object(task, "response")
        shapes, labels = response.get("annotations"), _object(response, "labelMapping")
        if isinstance(shapes, list) and shapes:
            found += Count(1 + len(shapes), 1 + len(shapes))
        elif not labels:
            found += Count(2, 2)
        else:  # a map that cannot be read is one reject; else each entry, and perhaps a void region
            entries = sum(len(entry) if isinstance(entry, list) else 1 for entry in labels.values())
            found += Count(1 + min(1, entries), 2 + entries)
    return found


def _coco(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or not all(isinstance(document.get(key), list) for key in ("images", "annotations")):
        raise UncountableError
    count = len(document["images"]) + len(document["annotations"])
    return Count(count, count)


def _coco_results(path: Path) -> Count:
    dataset, results = _parsed((path.parent / "dataset.json").read_bytes()), _parsed(path.read_bytes())
    if not isinstance(dataset, dict) or not isinstance(dataset.get("images"), list) or not isinstance(results, list):
        raise UncountableError
    count = len(dataset["images"]) + len(results)
    return Count(count, count)


def _panoptic(path: Path) -> Count:
    document = _parsed(path.read_bytes())
    if not isinstance(document, dict) or not all(isinstance(document.get(key), list) for key in ("images", "annotations")):
        raise UncountableError
    found = Count(len(document["images"]), len(document["images"]))
    for record in document["annotations"]:
        found += Count(1, 1 + len(_listed(record, "segments_info")))
    return found


_COUNTERS: dict[str, Callable[[Path], Count]] = {
    "coco": _coco,
    "coco-panoptic": _panoptic,
    "coco-results": _coco_results,
    "cvat": _cvat,
    "darwin": _darwin,
    "datumaro": _datumaro,
    "label-studio": _label_studio,
    "labelbox": _labelbox,
    "labelme": _labelme,
    "sa-v": _sa_v,
    "scale": _scale,
    "supervisely": _supervisely,
    "yolo-seg": _yolo,
}
"""By format; regions of label maps are no records of an export, so `label-png` has none."""
