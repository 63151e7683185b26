"""Reads the regular annotations of a COCO document as columns: one pass over their bytes, no Python object a record.

Regular is an annotation whose values are plain numbers, flat lists of them or plain text, with whole ids, and whose segmentation
is a list of polygons. Everything else, sound or not, is left to the reader that parses record by record, so that one module
alone decides what an irregular record is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.kernels import kernel
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_keys import spells

_Whole = NDArray[np.int64]
_Doubles = NDArray[np.float64]

_ID, _IMAGE, _CATEGORY, _CROWD = 0, 1, 2, 3
_KEYS = 4
_SEGMENTATION, _OTHER = 4, 5
_BROKEN = -1
_MOST_DIGITS = 15  # a whole number of 15 digits over a power of ten up to 10^15 is rounded once: the nearest double
_POWERS = 10.0 ** np.arange(_MOST_DIGITS + 1)


@dataclass(frozen=True, slots=True)
class AnnotationColumns:
    """Annotations by column; those of an irregular one mean nothing, and it has no rings."""

    regular: NDArray[np.bool_]  # (N,)
    ids: _Whole  # (N,)
    image_ids: _Whole  # (N,)
    category_ids: _Whole  # (N,)
    is_crowd: NDArray[np.bool_]  # (N,)
    points: _Doubles  # x and y in turn, in px
    rings: _Whole  # (R + 1,) where each ring begins in `points`
    objects: _Whole  # (N + 1,) where each annotation's rings begin in `rings`


def read_columns(data: MappedBytes, starts: _Whole, ends: _Whole) -> AnnotationColumns:
    """Read the annotations at `data[starts[i]:ends[i]]`.

    Numbers are the doubles that a JSON parser gives: those for which that takes more than one rounding make their annotation
    irregular.

    Args:
        data: (B,) uint8, the document.
        starts: (N,) int64, where each annotation begins, in bytes.
        ends: (N,) int64, where each ends.
    """
    size = int((ends - starts).sum())
    points, rings = np.empty(size // 2 + 1, np.float64), np.zeros(size // 4 + 2, np.int64)
    fields, objects = np.zeros((starts.size, _KEYS), np.int64), np.zeros(starts.size + 1, np.int64)
    regular = np.zeros(starts.size, np.bool_)
    _read(data, starts, ends, regular, fields, points, rings, objects)
    last = int(objects[-1])
    return AnnotationColumns(
        regular,
        np.ascontiguousarray(fields[:, _ID]),
        np.ascontiguousarray(fields[:, _IMAGE]),
        np.ascontiguousarray(fields[:, _CATEGORY]),
        fields[:, _CROWD] != 0,
        points[: rings[last]],
        rings[: last + 1],
        objects,
    )


@kernel
def _read(
    data: MappedBytes,
    starts: _Whole,
    ends: _Whole,
    regular: NDArray[np.bool_],
    fields: _Whole,
    points: _Doubles,
    rings: _Whole,
    objects: _Whole,
) -> None:
    value = np.empty(1, np.float64)
    for item in range(starts.size):
        first = objects[item]
        last = _annotation(data, starts[item], ends[item], fields[item], points, rings, first, value)
        regular[item] = last > first
        objects[item + 1] = max(last, first)


@kernel
def _after_blanks(data: MappedBytes, at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 9 or data[at] == 10 or data[at] == 13):
        at += 1
    return at


@kernel
def _annotation(
    data: MappedBytes, start: int, end: int, fields: _Whole, points: _Doubles, rings: _Whole, ring: int, value: _Doubles
) -> int:
    """Read one annotation; return the ring after its last one, or -1 when it is irregular."""
    seen = 0
    if data[start] != 123:
        return _BROKEN
    at = _after_blanks(data, start + 1, end)
    last = ring
    while at < end and data[at] == 34:
        key_end = _after_plain_text(data, at, end)
        if key_end < 0:
            return _BROKEN
        key = _key(data, at + 1, key_end - 1)
        at = _after_blanks(data, key_end, end)
        if at >= end or data[at] != 58:
            return _BROKEN
        at = _after_blanks(data, at + 1, end)
        if key != _OTHER:
            if seen >> key & 1:
                return _BROKEN
            seen |= 1 << key
        if key == _SEGMENTATION:
            at, last = _polygons(data, at, end, points, rings, ring, value)
        elif key == _OTHER:
            at = _after_plain_value(data, at, end, value)
        else:
            begin = at
            at = _after_number(data, at, end, value)
            for index in range(begin, at):
                if data[index] == 46:
                    return _BROKEN
            fields[key] = np.int64(value[0])
        if at < 0:
            return _BROKEN
        at = _after_blanks(data, at, end)
        if at >= end:
            return _BROKEN
        if data[at] == 125:
            needed = 1 << _ID | 1 << _IMAGE | 1 << _CATEGORY | 1 << _SEGMENTATION
            if not seen >> _CROWD & 1:
                fields[_CROWD] = 0
            return last if at + 1 == end and seen & needed == needed and 0 <= fields[_CROWD] <= 1 else _BROKEN
        if data[at] != 44:
            return _BROKEN
        at = _after_blanks(data, at + 1, end)
    return _BROKEN


@kernel
def _key(data: MappedBytes, start: int, end: int) -> int:
    """Tell which of the keys that are read a name is: id, image_id, category_id, iscrowd, segmentation."""
    if spells(data, start, end, b"id"):
        return _ID
    if spells(data, start, end, b"image_id"):
        return _IMAGE
    if spells(data, start, end, b"category_id"):
        return _CATEGORY
    if spells(data, start, end, b"iscrowd"):
        return _CROWD
    if spells(data, start, end, b"segmentation"):
        return _SEGMENTATION
    return _OTHER


@kernel
def _after_plain_text(data: MappedBytes, at: int, end: int) -> int:
    """Return the offset after a string of printable ASCII without escapes whose opening quote is at `at`, or -1."""
    at += 1
    while at < end:
        byte = data[at]
        if byte == 34:
            return at + 1
        if byte < 32 or byte > 126 or byte == 92:
            return _BROKEN
        at += 1
    return _BROKEN


@kernel
def _after_plain_value(data: MappedBytes, at: int, end: int, value: _Doubles) -> int:
    """Return the offset after a number, plain text or a flat list of numbers, or -1 for anything else."""
    if at >= end:
        return _BROKEN
    if data[at] == 34:
        return int(_after_plain_text(data, at, end))
    if data[at] != 91:
        return int(_after_number(data, at, end, value))
    at = _after_blanks(data, at + 1, end)
    if at < end and data[at] == 93:
        return at + 1
    while at < end:
        at = _after_number(data, at, end, value)
        if at < 0:
            return _BROKEN
        at = _after_blanks(data, at, end)
        if at >= end:
            return _BROKEN
        if data[at] == 93:
            return at + 1
        if data[at] != 44:
            return _BROKEN
        at = _after_blanks(data, at + 1, end)
    return _BROKEN


@kernel
def _after_number(data: MappedBytes, at: int, end: int, value: _Doubles) -> int:
    """Read a number without exponent and of at most 15 digits; return the offset after it, or -1."""
    negative = at < end and data[at] == 45
    if negative:
        at += 1
    begin = at
    mantissa, digits, decimals = 0, 0, 0
    while at < end and 48 <= data[at] <= 57:
        mantissa = mantissa * 10 + (data[at] - 48)
        digits += 1
        at += 1
        if digits > _MOST_DIGITS:
            return _BROKEN
    if digits == 0 or (digits > 1 and data[begin] == 48):
        return _BROKEN
    if at < end and data[at] == 46:
        at += 1
        while at < end and 48 <= data[at] <= 57:
            mantissa = mantissa * 10 + (data[at] - 48)
            digits += 1
            decimals += 1
            at += 1
            if digits > _MOST_DIGITS:
                return _BROKEN
        if decimals == 0:
            return _BROKEN
    if at < end and (data[at] == 101 or data[at] == 69):
        return _BROKEN
    number = mantissa / _POWERS[decimals]
    value[0] = -number if negative else number
    return at


@kernel
def _polygons(data: MappedBytes, at: int, end: int, points: _Doubles, rings: _Whole, ring: int, value: _Doubles) -> tuple[int, int]:
    """Read a list of rings of at least three points each; return the offset after it, or -1, and the ring after the last."""
    if at >= end or data[at] != 91:
        return _BROKEN, ring
    at = _after_blanks(data, at + 1, end)
    filled = rings[ring]
    while at < end and data[at] == 91:
        begin = filled
        at = _after_blanks(data, at + 1, end)
        while at < end:
            at = _after_number(data, at, end, value)
            if at < 0:
                return _BROKEN, ring
            points[filled] = value[0]
            filled += 1
            at = _after_blanks(data, at, end)
            if at >= end or data[at] != 44:
                break
            at = _after_blanks(data, at + 1, end)
        if at >= end or data[at] != 93 or filled - begin < 6 or (filled - begin) % 2:
            return _BROKEN, ring
        ring += 1
        rings[ring] = filled
        at = _after_blanks(data, at + 1, end)
        if at < end and data[at] == 93:
            return at + 1, ring
        if at >= end or data[at] != 44:
            return _BROKEN, ring
        at = _after_blanks(data, at + 1, end)
    return _BROKEN, ring
