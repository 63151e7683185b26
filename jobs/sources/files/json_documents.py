"""Parses JSON documents within limits on size and depth, and looks typed values up in them."""

import math
import re
from typing import Any

import orjson

from jobs.sources.files.exports import LARGEST_DOCUMENT
from lake.errors import InputError

DEEPEST = 64
"""Levels of nesting that an annotation file may have; real formats stay under 16."""

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NO_NUMBER = re.compile(rb"\bNaN\b|-?\bInfinity\b")


def parse_json(data: bytes, where: str, *, limit: int = LARGEST_DOCUMENT) -> Any:
    """Parse a JSON document.

    Args:
        data: The document, UTF-8; a byte order mark is passed over.
        where: What to call the document in messages.
        limit: Largest size in bytes.

    Raises:
        InputError: The document is too large, nested too deeply, or not JSON.
    """
    if len(data) > limit:
        raise InputError(f"{where} has {len(data):,} bytes of JSON; at most {limit:,} are parsed at once")
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where} {why_no_json(data, error)}") from None
    if depth(value) > DEEPEST:
        raise InputError(f"{where} nests deeper than {DEEPEST} levels")
    return value


def why_no_json(data: bytes, error: orjson.JSONDecodeError) -> str:
    """Say why a text is no JSON, naming the numbers that Python writes and no other parser reads.

    Args:
        data: The text.
        error: What the parser said.
    """
    if found := _NO_NUMBER.search(_TEXT.sub(b'""', data)):
        return f"is not JSON: it holds {found[0].decode()}, which Python's json writes unless it is told allow_nan=False"
    return f"is not JSON: {error}"


def depth(value: Any) -> int:
    """Return how many lists and objects lie within each other, counting no further than needed to refuse."""
    level, layer = 0, [value]
    while layer and level <= DEEPEST:
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                inner.extend(part for part in item.values() if isinstance(part, dict | list))
            elif isinstance(item, list):
                inner.extend(part for part in item if isinstance(part, dict | list))
        level, layer = level + 1, inner
    return level


def list_at(value: Any, key: str) -> list[Any]:
    """Return a list inside an object, or an empty list when there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def records_at(value: Any, key: str) -> list[Any]:
    """Return the records inside an object: the elements of a list; anything else but null that stands there counts as one."""
    found = value.get(key) if isinstance(value, dict) else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def object_at(value: Any, key: str) -> dict[str, Any]:
    """Return an object inside an object, or an empty one when there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def whole_number(value: Any) -> int | None:
    """Return a JSON number as a whole number, or None when it is not one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        return int(value)
    return None


def image_side(value: Any) -> int | None:
    """Return a JSON number as a side of an image in pixels, or None when it cannot be one."""
    found = whole_number(value)
    return found if found is not None and 0 < found < 2**31 else None


def finite_numbers(value: Any) -> list[float] | None:
    """Return a list of finite numbers, or None when it is anything else."""
    if not isinstance(value, list):
        return None
    if not {*map(type, value)} <= {int, float}:
        return None
    return value if all(map(math.isfinite, value)) else None


def nonempty_text(value: Any) -> str | None:
    """Return a label or a name if it is text with something in it, else None."""
    return value if isinstance(value, str) and value.strip() else None
