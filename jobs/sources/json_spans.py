"""Bytes of a large JSON document in, the places of its parts out: one pass, nothing parsed, memory for spans alone.

A scan finds where the members of the top object and the elements of an array begin and end, and reads the whole
numbers under `id` and `image_id` of each element on its way. It is no validator: each element is parsed by a real
parser later, and one that is no JSON is rejected then.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jobs.sources.folders import Bytes
from jobs.sources.json_documents import DEEPEST
from lake.errors import InputError

MISSING = np.iinfo(np.int64).min
"""Stands for an id that an element does not have."""
MOST_ELEMENTS = 50_000_000
"""Elements of one array."""

_MOST_MEMBERS = 64
_BROKEN, _TOO_DEEP, _TOO_MANY = -1, -2, -3
_QUOTE, _BACKSLASH, _COLON, _COMMA, _MINUS, _POINT, _ZERO, _NINE = 34, 92, 58, 44, 45, 46, 48, 57
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = 123, 125, 91, 93
_PRIME, _BASIS = 1099511628211, -3750763034362895579

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one array: element i is `data[starts[i]:ends[i]]`.

    `ids` and `image_ids` are the whole numbers under those keys; other values are hashed, absent ones are `MISSING`.
    """

    starts: Positions
    ends: Positions
    ids: Positions
    image_ids: Positions

    def __len__(self) -> int:
        return int(self.starts.size)


def member_spans(data: Bytes, where: str) -> dict[str, tuple[int, int]]:
    """Find the members of a document's top object.

    Returns:
        Start and end of each member's value, by key.

    Raises:
        InputError: The document is no object, is cut off, has a key twice or more than 64 keys.
    """
    spans = np.empty((_MOST_MEMBERS, 4), np.int64)
    found = _members(data, spans)
    if found < 0:
        raise InputError(f"{where}: {_fault(found, 'a JSON object at the top')}")
    members: dict[str, tuple[int, int]] = {}
    for key_start, key_end, start, end in spans[:found].tolist():
        key = bytes(data[key_start:key_end]).decode("utf-8", "replace")
        if key in members:
            raise InputError(f"{where} has the key {key[:80]!r} twice at the top; keep one")
        members[key] = (start, end)
    return members


def element_spans(data: Bytes, span: tuple[int, int], where: str) -> Elements:
    """Find the elements of an array that lies at `span`.

    Raises:
        InputError: It is no array, is cut off, nests too deeply or has too many elements.
    """
    start, end = span
    if end <= start or data[start] != _OPEN_ARRAY:
        raise InputError(f"{where}: expected a JSON array, got {bytes(data[start : min(end, start + 20)])!r}")
    count = _elements(data, start, end, np.empty((0, 4), np.int64))
    if count < 0:
        raise InputError(f"{where}: {_fault(count, 'a JSON array')}")
    table = np.empty((count, 4), np.int64)
    _elements(data, start, end, table)
    return Elements(*(np.ascontiguousarray(table[:, column]) for column in range(4)))


def check_depth(data: Bytes, start: int, end: int, where: str) -> None:
    """Check how deep one value nests; whether it is JSON at all is left to its parser.

    Raises:
        InputError: It nests too deeply.
    """
    if _after_value(data, start, end) == _TOO_DEEP:
        raise InputError(f"{where}: {_fault(_TOO_DEEP, '')}")


def _fault(code: int, expected: str) -> str:
    if code == _TOO_DEEP:
        return f"nests deeper than {DEEPEST} levels"
    if code == _TOO_MANY:
        return f"more than {_MOST_MEMBERS} keys at the top, or {MOST_ELEMENTS:,} elements"
    return f"expected {expected}, but its brackets, commas or quotes do not fit together; was it cut off?"


@njit(cache=True, nogil=True)
def _blank(byte: int) -> bool:
    return byte == 32 or (9 <= byte <= 13)


@njit(cache=True, nogil=True)
def _after_blanks(data: Bytes, at: int, end: int) -> int:
    while at < end and _blank(data[at]):
        at += 1
    return at


@njit(cache=True, nogil=True)
def _after_text(data: Bytes, at: int, end: int) -> int:
    """Return the place after a string whose opening quote is at `at`, or -1 when it is not closed."""
    at += 1
    while at < end:
        if data[at] == _QUOTE:
            return at + 1
        at += 2 if data[at] == _BACKSLASH else 1
    return _BROKEN


@njit(cache=True, nogil=True)
def _after_value(data: Bytes, at: int, end: int) -> int:
    """Return the place after the value that begins at `at`, or a fault."""
    if at >= end:
        return _BROKEN
    if data[at] == _QUOTE:
        return _after_text(data, at, end)
    if data[at] != _OPEN_OBJECT and data[at] != _OPEN_ARRAY:
        begin = at
        while at < end and not (_blank(data[at]) or data[at] == _COMMA or data[at] == _CLOSE_OBJECT or data[at] == _CLOSE_ARRAY):
            if data[at] == _QUOTE or data[at] == _COLON or data[at] == _OPEN_OBJECT or data[at] == _OPEN_ARRAY:
                return _BROKEN
            at += 1
        return at if at > begin else _BROKEN
    opened = np.empty(DEEPEST + 1, np.uint8)
    level = 0
    while at < end:
        byte = data[at]
        if byte == _QUOTE:
            at = _after_text(data, at, end)
            if at < 0:
                return _BROKEN
            continue
        if byte in (_OPEN_OBJECT, _OPEN_ARRAY):
            if level == DEEPEST:
                return _TOO_DEEP
            opened[level] = byte
            level += 1
        elif byte in (_CLOSE_OBJECT, _CLOSE_ARRAY):
            level -= 1
            if opened[level] != byte - 2:
                return _BROKEN
            if level == 0:
                return at + 1
        at += 1
    return _BROKEN


@njit(cache=True, nogil=True)
def _members(data: Bytes, spans: Positions) -> int:
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
        at = _after_value(data, at, end)
        if at < 0:
            return at
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


@njit(cache=True, nogil=True)
def _elements(data: Bytes, start: int, end: int, table: Positions) -> int:
    at = _after_blanks(data, start + 1, end)
    found = 0
    while at < end and data[at] != _CLOSE_ARRAY:
        begin = at
        at = _after_value(data, at, end)
        if at < 0:
            return at
        if found == MOST_ELEMENTS:
            return _TOO_MANY
        if table.shape[0]:
            table[found, 0] = begin
            table[found, 1] = at
            table[found, 2], table[found, 3] = _ids(data, begin, at)
        found += 1
        at = _after_blanks(data, at, end)
        if at < end and data[at] == _COMMA:
            at = _after_blanks(data, at + 1, end)
            if at < end and data[at] == _CLOSE_ARRAY:
                return _BROKEN
        elif at < end and data[at] != _CLOSE_ARRAY:
            return _BROKEN
    return found if at < end else _BROKEN


@njit(cache=True, nogil=True)
def _ids(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """Read `id` and `image_id` of the object at `start`, whose brackets are known to fit."""
    own, image = MISSING, MISSING
    if data[start] != _OPEN_OBJECT:
        return own, image
    at = _after_blanks(data, start + 1, end)
    while at < end and data[at] == _QUOTE:
        key = at + 1
        at = _after_text(data, at, end)
        length = at - 1 - key
        at = _after_blanks(data, at, end)
        if at >= end or data[at] != _COLON:
            break
        at = _after_blanks(data, at + 1, end)
        value = at
        at = _after_value(data, at, end)
        if at < 0:
            break
        if length == 2 and data[key] == 105 and data[key + 1] == 100:
            own = _number(data, value, at)
        elif length == 8 and data[key] == 105 and data[key + 1] == 109 and data[key + 5] == 95 and data[key + 6] == 105:
            image = _number(data, value, at)
        at = _after_blanks(data, at, end)
        if at >= end or data[at] != _COMMA:
            break
        at = _after_blanks(data, at + 1, end)
    return own, image


@njit(cache=True, nogil=True)
def _number(data: Bytes, start: int, end: int) -> int:
    """Read a whole number of at most 18 digits; hash anything else."""
    at = start + 1 if data[start] == _MINUS else start
    value, digits = 0, 0
    while at < end and _ZERO <= data[at] <= _NINE and digits < 18:
        value = value * 10 + (data[at] - _ZERO)
        digits += 1
        at += 1
    if at + 1 < end and data[at] == _POINT:
        at += 1
        while at < end and data[at] == _ZERO:
            at += 1
    if digits and at == end:
        return -value if data[start] == _MINUS else value
    hashed = np.int64(_BASIS)
    for place in range(start, end):
        hashed = (hashed ^ np.int64(data[place])) * _PRIME
    return int(hashed) if hashed != MISSING else 0
