"""Finds where the parts of a large JSON document begin and end: one pass, nothing parsed, memory for the spans alone.

A scan finds where the members of the top object and the elements of an array begin and end, and reads the whole
numbers under `id` and `image_id` of each element on its way; what is not plain of these a parser reads. It is no
validator: each element is parsed by a real parser later, and one that is no JSON is rejected then.
"""

from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from imaging.kernels import kernel
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import DEEPEST, whole_number
from jobs.sources.files.json_keys import MISSING, UNCLEAR, is_escaped, spells, whole_value
from lake.errors import InputError

MOST_ELEMENTS = 50_000_000
"""Elements of one array."""

_MOST_MEMBERS = 64
_ELEMENTS_AT_ONCE = 1 << 16
_BROKEN, _TOO_DEEP, _TOO_MANY = -1, -2, -3
_QUOTE, _BACKSLASH, _COLON, _COMMA = 34, 92, 58, 44
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = 123, 125, 91, 93
_LETTERS, _ONES, _HIGHS = np.uint64(0xC0C0C0C0C0C0C0C0), np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)

Offsets = NDArray[np.int64]
"""(N,) int64, where parts of a document begin or end, in bytes."""
_Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one array: element i is `data[starts[i]:ends[i]]`.

    `ids` and `image_ids` are the whole numbers under those keys, `MISSING` where there is none.
    """

    starts: Offsets  # (N,)
    ends: Offsets  # (N,)
    ids: NDArray[np.int64]  # (N,)
    image_ids: NDArray[np.int64]  # (N,)

    def __len__(self) -> int:
        return int(self.starts.size)


def member_spans(data: MappedBytes, where: str) -> dict[str, tuple[int, int]]:
    """Find the members of a document's top object.

    Args:
        data: (N,) uint8, the document.
        where: What to call it in messages.

    Returns:
        Start and end of each member's value, by key.

    Raises:
        InputError: The document is no object, is cut off, has a key twice or more than 64 keys.
    """
    spans = np.empty((_MOST_MEMBERS, 4), np.int64)
    found = _members(data, _words(data), spans)
    if found < 0:
        raise InputError(f"{where}: {_fault(found, 'a JSON object at the top')}")
    members: dict[str, tuple[int, int]] = {}
    for key_start, key_end, start, end in spans[:found].tolist():
        key = _key(bytes(data[key_start:key_end]), where)
        if key in members:
            raise InputError(f"{where} has the key {key[:80]!r} twice at the top; keep one")
        members[key] = (start, end)
    return members


def element_spans(data: MappedBytes, span: tuple[int, int], where: str) -> Elements:
    """Find the elements of an array.

    Args:
        data: (N,) uint8, the document.
        span: Where the array begins and ends, in bytes.
        where: What to call it in messages.

    Raises:
        InputError: It is no array, is cut off, nests too deeply or has too many elements.
    """
    start, end = span
    if end <= start or data[start] != _OPEN_ARRAY:
        raise InputError(f"{where}: expected a JSON array, got {bytes(data[start : min(end, start + 20)])!r}")
    words, tables, at, count = _words(data), [np.empty((0, 4), np.int64)], start + 1, 0
    while at > 0:
        table = np.empty((_ELEMENTS_AT_ONCE, 4), np.int64)
        found, at = _elements(data, words, at, end, table)
        tables.append(table[:found])
        count += found
        if at < 0 or count > MOST_ELEMENTS:
            raise InputError(f"{where}: {_fault(at if at < 0 else _TOO_MANY, 'a JSON array')}")
    starts, ends, ids, image_ids = (np.concatenate([table[:, column] for table in tables]) for column in range(4))
    for index in np.flatnonzero((ids == UNCLEAR) | (image_ids == UNCLEAR)).tolist():
        ids[index], image_ids[index] = _parsed_ids(data[starts[index] : ends[index]].tobytes())
    return Elements(starts, ends, ids, image_ids)


def check_depth(data: MappedBytes, start: int, end: int, where: str) -> None:
    """Check how deep one value nests; whether it is JSON at all is left to its parser.

    Args:
        data: (N,) uint8, the document.
        start: Where the value begins, in bytes.
        end: Where it ends at the latest, in bytes.
        where: What to call the document in messages.

    Raises:
        InputError: It nests too deeply.
    """
    if _after_value(data, _words(data), start, end, DEEPEST) == _TOO_DEEP:
        raise InputError(f"{where}: {_fault(_TOO_DEEP, '')}")


def _key(text: bytes, where: str) -> str:
    """Return a key as a parser reads it.

    Raises:
        InputError: It is no JSON string.
    """
    try:
        key: str = orjson.loads(b'"' + text + b'"')
    except orjson.JSONDecodeError:
        raise InputError(f"{where}: expected keys in UTF-8 at the top, got {text[:80]!r}") from None
    return key


def _parsed_ids(element: bytes) -> tuple[int, int]:
    """Return an element's `id` and `image_id` as a parser reads them."""
    try:
        record = orjson.loads(element)
    except orjson.JSONDecodeError:
        return MISSING, MISSING
    own, image = whole_number(record.get("id")), whole_number(record.get("image_id"))
    return MISSING if own is None else own, MISSING if image is None else image


def _words(data: MappedBytes) -> _Words:
    """Return the same bytes eight at a time, without the odd ones at the end."""
    return data[: data.size // 8 * 8].view(np.uint64)


def _fault(code: int, expected: str) -> str:
    if code == _TOO_DEEP:
        return f"nests deeper than {DEEPEST} levels"
    if code == _TOO_MANY:
        return f"more than {_MOST_MEMBERS} keys at the top, or {MOST_ELEMENTS:,} elements"
    return f"expected {expected}, but its brackets, commas or quotes do not fit together; was it cut off?"


@kernel
def _blank(byte: int) -> bool:
    return byte == 32 or (9 <= byte <= 13)


@kernel
def _after_blanks(data: MappedBytes, at: int, end: int) -> int:
    while at < end and _blank(data[at]):
        at += 1
    return at


@kernel
def _after_text(data: MappedBytes, at: int, end: int) -> int:
    """Return the offset after a string whose opening quote is at `at`, or -1 when it is not closed."""
    at += 1
    while at < end:
        if data[at] == _QUOTE:
            return at + 1
        at += 2 if data[at] == _BACKSLASH else 1
    return _BROKEN


@kernel
def _at_structure(data: MappedBytes, words: _Words, at: int, end: int) -> int:
    """Return the next offset with a bracket or a quote, at or after `at`, or `end`; numbers are passed eight bytes at a time."""
    while at < end:
        byte = data[at]
        if byte in (_QUOTE, _OPEN_ARRAY, _CLOSE_ARRAY, _OPEN_OBJECT, _CLOSE_OBJECT):
            return at
        at += 1
        while at & 7 == 0 and at + 8 <= end:
            word = words[at >> 3]
            quotes = word ^ _QUOTES
            # Brackets and letters have one of the two highest bits, digits and what stands between them have none.
            if word & _LETTERS or (quotes - _ONES) & ~quotes & _HIGHS:
                break
            at += 8
    return end


@kernel
def _after_value(data: MappedBytes, words: _Words, at: int, end: int, deepest: int) -> int:
    """Return the offset after the value that begins at `at` and nests at most `deepest` levels, or a fault."""
    if at >= end:
        return _BROKEN
    if data[at] == _QUOTE:
        return int(_after_text(data, at, end))
    if data[at] != _OPEN_OBJECT and data[at] != _OPEN_ARRAY:
        begin = at
        while at < end and not (_blank(data[at]) or data[at] == _COMMA or data[at] == _CLOSE_OBJECT or data[at] == _CLOSE_ARRAY):
            if data[at] == _QUOTE or data[at] == _COLON or data[at] == _OPEN_OBJECT or data[at] == _OPEN_ARRAY:
                return _BROKEN
            at += 1
        return at if at > begin else _BROKEN
    opened = np.empty(deepest + 1, np.uint8)
    level = 0
    while True:
        at = _at_structure(data, words, at, end)
        if at == end:
            return _BROKEN
        byte = data[at]
        if byte == _QUOTE:
            at = _after_text(data, at, end)
            if at < 0:
                return _BROKEN
            continue
        if byte in (_OPEN_OBJECT, _OPEN_ARRAY):
            if level == deepest:
                return _TOO_DEEP
            opened[level] = byte
            level += 1
        else:
            level -= 1
            if opened[level] != byte - 2:
                return _BROKEN
            if level == 0:
                return at + 1
        at += 1


@kernel
def _members(data: MappedBytes, words: _Words, spans: NDArray[np.int64]) -> int:
    end = data.size
    at = 3 if end > 3 and data[0] == 0xEF and data[1] == 0xBB and data[2] == 0xBF else 0
    at = _after_blanks(data, at, end)
    if at >= end or data[at] != _OPEN_OBJECT:
        return _BROKEN
    at = _after_blanks(data, at + 1, end)
    found = 0
    while at < end and data[at] != _CLOSE_OBJECT:
        if found == spans.shape[0]:
            return _TOO_MANY
        if data[at] != _QUOTE:
            return _BROKEN
        spans[found, 0] = at + 1
        at = _after_text(data, at, end)
        if at < 0:
            return _BROKEN
        spans[found, 1] = at - 1
        at = _after_blanks(data, at, end)
        if at >= end or data[at] != _COLON:
            return _BROKEN
        at = _after_blanks(data, at + 1, end)
        spans[found, 2] = at
        at = _after_value(data, words, at, end, DEEPEST)
        if at < 0:
            return int(at)
        spans[found, 3] = at
        found += 1
        at = _after_blanks(data, at, end)
        if at < end and data[at] == _COMMA:
            at = _after_blanks(data, at + 1, end)
            if at < end and data[at] == _CLOSE_OBJECT:
                return _BROKEN
        elif at < end and data[at] != _CLOSE_OBJECT:
            return _BROKEN
    return found if at < end and _after_blanks(data, at + 1, end) == end else _BROKEN


@kernel
def _elements(data: MappedBytes, words: _Words, at: int, end: int, table: NDArray[np.int64]) -> tuple[int, int]:
    """Find elements until the table is full; return how many, and where to go on: 0 at the array's end, else an offset or a fault."""
    found = 0
    at = _after_blanks(data, at, end)
    while at < end and data[at] != _CLOSE_ARRAY:
        if found == table.shape[0]:
            return found, at
        begin = at
        at, table[found, 2], table[found, 3] = _element(data, words, begin, end)
        if at < 0:
            return found, at
        table[found, 0] = begin
        table[found, 1] = at
        found += 1
        at = _after_blanks(data, at, end)
        if at < end and data[at] == _COMMA:
            at = _after_blanks(data, at + 1, end)
            if at < end and data[at] == _CLOSE_ARRAY:
                return found, _BROKEN
        elif at < end and data[at] != _CLOSE_ARRAY:
            return found, _BROKEN
    return found, 0 if at < end else _BROKEN


@kernel
def _element(data: MappedBytes, words: _Words, start: int, end: int) -> tuple[int, int, int]:
    """Return the offset after the element at `start`, or a fault, and its `id` and `image_id`, the last of each as parsers do."""
    own, image = MISSING, MISSING
    if data[start] != _OPEN_OBJECT:
        return _after_value(data, words, start, end, DEEPEST), own, image
    at = _after_blanks(data, start + 1, end)
    while at < end and data[at] == _QUOTE:
        key = at + 1
        at = _after_text(data, at, end)
        if at < 0:
            break
        key_end = at - 1
        at = _after_blanks(data, at, end)
        if at >= end or data[at] != _COLON:
            break
        value = _after_blanks(data, at + 1, end)
        at = _after_value(data, words, value, end, DEEPEST - 1)
        if at < 0:
            break
        if spells(data, key, key_end, b"id"):
            own = own if own == UNCLEAR else whole_value(data, value, at)
        elif spells(data, key, key_end, b"image_id"):
            image = image if image == UNCLEAR else whole_value(data, value, at)
        elif is_escaped(data, key, key_end):
            own, image = UNCLEAR, UNCLEAR
        at = _after_blanks(data, at, end)
        if at < end and data[at] == _CLOSE_OBJECT:
            return at + 1, own, image
        if at >= end or data[at] != _COMMA:
            break
        at = _after_blanks(data, at + 1, end)
    # Whether its brackets fit at all decides about the document; its own parser decides about the rest.
    return _after_value(data, words, start, end, DEEPEST), own, image
