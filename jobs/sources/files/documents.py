"""Maps annotation files into memory and parses parts of them."""

from dataclasses import dataclass
from typing import Any

import orjson

from jobs.sources.files.exports import Export
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import why_no_json
from jobs.sources.files.json_spans import Offsets


@dataclass(frozen=True, slots=True, eq=False)
class Unparsed:
    """Stands for an element that is no JSON; equal to nothing but itself."""

    why: str


def expected_object(value: Any, what: str) -> str:
    """Say why a value is not the object that it should be.

    Args:
        value: From `parse_span` or `parse_spans`, and no object as expected.
        what: That was expected, with its article.
    """
    return f"{what} that {value.why}" if isinstance(value, Unparsed) else f"expected {what} as an object"


def map_document(export: Export, path: str) -> MappedBytes:
    """Map an annotation file into memory.

    Args:
        export: The export.
        path: Of the file, below the folder of annotations.

    Returns:
        (N,) uint8.

    Raises:
        InputError: The file is gone, empty or cannot be read.
    """
    return export.annotations.mapped(path)


def parse_span(data: MappedBytes, start: int, end: int) -> Any:
    """Parse one element; `Unparsed` when it is not JSON.

    Args:
        data: (N,) uint8, the document.
        start: Where the element begins, in bytes.
        end: Where it ends, in bytes.
    """
    element = data[start:end].tobytes()
    try:
        return orjson.loads(element)
    except orjson.JSONDecodeError as error:
        return Unparsed(why_no_json(element, error))


def parse_spans(data: MappedBytes, starts: Offsets, ends: Offsets) -> list[Any]:
    """Parse elements, in order; `Unparsed` for each that is not JSON.

    Args:
        data: (N,) uint8, the document.
        starts: (K,) int64, where each element begins, in bytes.
        ends: (K,) int64, where each ends.
    """
    view = data.data
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    try:
        values = orjson.loads(b"[" + b",".join(view[start:end] for start, end in spans) + b"]")
    except orjson.JSONDecodeError:
        values = []
    return values if len(values) == len(spans) else [parse_span(data, start, end) for start, end in spans]
