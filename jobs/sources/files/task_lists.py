"""Exports that list tasks in JSON or NDJSON files of any size: a unit is some tasks, parsed when it is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.packing import pack_spans
from jobs.sources.files.documents import map_document, parse_span, parse_spans
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_keys import MISSING
from jobs.sources.files.json_spans import Elements, Offsets, check_depth, element_spans, member_spans
from jobs.sources.records import Rejected, Unit, record_ref
from lake.errors import InputError
from lake.reasons import Reason

TASKS_OF_A_UNIT = 64
BYTES_OF_A_UNIT = 8 << 20

_NEWLINE, _OPEN_OBJECT, _CLOSE_OBJECT = 10, 123, 125
_SINGLE = ("task_id", "data_row", "dataRow", "data", "annotations", "result")
"""Keys by which an object is known to be one task by itself."""


@dataclass(frozen=True, slots=True)
class TaskUnit:
    """The spans of some tasks in one document."""

    document: str
    first: int
    starts: Offsets
    ends: Offsets


def task_units(export: Export, keys: Sequence[str], weight: int) -> Iterator[Unit | Rejected]:
    """Divide the documents of an export into units of tasks.

    Args:
        export: Its documents are lists of tasks, objects with such a list under one of `keys`, or single tasks.
        keys: Under which an object may hold its list.
        weight: Objects that one task is expected to hold.

    Raises:
        InputError: The only document is no JSON list or object, or is cut off.
    """
    for entry in export.documents(".json", ".ndjson", ".jsonl"):
        try:
            data = map_document(export, entry.path)
            yield from _units(entry.path, _tasks(data, export.annotations.uri(entry.path), keys), weight)
        except InputError as error:
            if export.file is not None:
                raise
            yield Rejected(record_ref(entry.path, "document"), Reason.MALFORMED_RECORD, str(error))


def tasks_of(export: Export, unit: Unit) -> Iterator[tuple[int, Any]]:
    """Parse the tasks of a unit; yields each one's index in its document, with `Unparsed` for one that is no JSON."""
    payload = unit.payload
    if not isinstance(payload, TaskUnit):
        raise ValueError(f"expected a unit of tasks, got {type(payload).__name__}")
    data = map_document(export, payload.document)
    yield from enumerate(parse_spans(data, payload.starts, payload.ends), start=payload.first)


def first_task(export: Export, unit: Unit) -> Any:
    """Parse the first task of a document; None where a unit is not the first of its document."""
    payload = unit.payload
    if not isinstance(payload, TaskUnit) or payload.first or not payload.starts.size:
        return None
    return parse_span(map_document(export, payload.document), int(payload.starts[0]), int(payload.ends[0]))


def document_of(unit: Unit) -> str:
    """Return the document that a unit of tasks belongs to."""
    if not isinstance(unit.payload, TaskUnit):
        raise ValueError(f"expected a unit of tasks, got {type(unit.payload).__name__}")
    return unit.payload.document


def list_units(document: str, data: MappedBytes, span: tuple[int, int], where: str, weight: int) -> Iterator[Unit]:
    """Divide a list inside a document into units; see `task_units`.

    Args:
        document: Its path, below the folder of annotations.
        data: (N,) uint8, the document.
        span: Where the list begins and ends, in bytes.
        where: What to call it in messages.
        weight: Objects that one task is expected to hold.

    Raises:
        InputError: It is no list, or is cut off.
    """
    yield from _units(document, element_spans(data, span, where), weight)


def _tasks(data: MappedBytes, where: str, keys: Sequence[str]) -> Elements:
    begin = text_start(data)
    if begins_with(data, b"["):
        return element_spans(data, (begin, data.size), where)
    lines = _lines(data)
    if len(lines) > 1:
        for start, end in lines:
            check_depth(data, start, end, where)
        table = np.array(lines, np.int64)
        absent = np.full(len(lines), MISSING)
        return Elements(table[:, 0].copy(), table[:, 1].copy(), absent, absent)
    top = member_spans(data, where)
    found = next((top[key] for key in keys if key in top), None)
    if found is not None:
        return element_spans(data, found, where)
    if any(key in top for key in _SINGLE):
        return Elements(*(np.array([value], np.int64) for value in (begin, data.size, MISSING, MISSING)))
    raise InputError(f"{where}: expected a list of tasks, or one under {' or '.join(keys)}, got keys {sorted(top)[:10]}")


def text_start(data: MappedBytes) -> int:
    """Return where a document's text begins, in bytes, after a byte order mark and blanks.

    Args:
        data: (N,) uint8, the document.
    """
    head = data[:4096].tobytes()
    return len(head) - len(head.removeprefix(b"\xef\xbb\xbf").lstrip())


def begins_with(data: MappedBytes, mark: bytes) -> bool:
    """Whether the first byte of a document's text is a mark such as `[`."""
    begin = text_start(data)
    return data[begin : begin + 1].tobytes() == mark


def _lines(data: MappedBytes) -> list[tuple[int, int]]:
    """Return start and end of every line of an NDJSON document; nothing when a line is no object by itself."""
    begin, lines = text_start(data), []
    for end in (*np.flatnonzero(data == _NEWLINE), data.size):
        line = data[begin:end].tobytes()
        start, stop = end - len(line.lstrip()), end - (len(line) - len(line.rstrip()))
        begin = end + 1
        if start >= stop:
            continue
        if data[start] != _OPEN_OBJECT or data[stop - 1] != _CLOSE_OBJECT:
            return []
        lines.append((int(start), int(stop)))
    return lines


def _units(document: str, tasks: Elements, weight: int) -> Iterator[Unit]:
    for group in pack_spans(tasks.starts, tasks.ends, BYTES_OF_A_UNIT, most_items=TASKS_OF_A_UNIT):
        own = slice(group.start, group.stop)
        payload = TaskUnit(document, group.start, tasks.starts[own].copy(), tasks.ends[own].copy())
        yield Unit(f"{document}/{group.start:08d}", payload, weight=weight * len(group))
