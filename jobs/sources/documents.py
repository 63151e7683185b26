"""An annotation file in, its bytes mapped and its elements parsed out."""

import mmap
from typing import Any

import numpy as np
import orjson

from jobs.sources.exports import Export
from jobs.sources.json_spans import Bytes, Positions
from lake.errors import InputError


def map_document(export: Export, path: str) -> Bytes:
    """Map an annotation file into memory; pages come from the disk as they are read.

    Raises:
        InputError: The file is empty or cannot be read.
    """
    try:
        with export.annotations.local(path).open("rb") as file:
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except ValueError:
        raise InputError(f"{export.annotations.uri(path)} is empty") from None
    except OSError as error:
        raise InputError(f"cannot read {export.annotations.uri(path)}: {error.strerror or error}") from None


def parse_span(data: Bytes, start: int, end: int) -> Any:
    """Parse one element; None when it is not JSON."""
    try:
        return orjson.loads(data[start:end].tobytes())
    except orjson.JSONDecodeError:
        return None


def parse_spans(data: Bytes, starts: Positions, ends: Positions) -> list[Any]:
    """Parse elements, in order; None for each that is not JSON."""
    view = data.data
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    try:
        values = orjson.loads(b"[" + b",".join(view[start:end] for start, end in spans) + b"]")
    except orjson.JSONDecodeError:
        values = []
    return values if len(values) == len(spans) else [parse_span(data, start, end) for start, end in spans]
