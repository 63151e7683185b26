"""Reads the keys and the whole numbers of JSON where it stands: kernels that say what they cannot tell, instead of guessing."""

import numpy as np

from imaging.kernels import kernel
from jobs.sources.files.folders import MappedBytes

MISSING = np.iinfo(np.int64).min
"""Stands for an id that an element does not have, or that is no whole number."""
UNCLEAR = MISSING + 1
"""Stands for an id that a JSON parser has to read: one with an exponent, decimals or more than 15 digits, or behind an escaped key."""

_MOST_DIGITS = 15
_BACKSLASH, _MINUS, _POINT, _ZERO, _NINE = 92, 45, 46, 48, 57


@kernel
def spells(data: MappedBytes, start: int, end: int, word: bytes) -> bool:
    """Say whether the bytes at `data[start:end]` are those of a word."""
    if end - start != len(word):
        return False
    for index in range(len(word)):  # noqa: SIM110 - compiled code knows no all()
        if data[start + index] != word[index]:
            return False
    return True


@kernel
def is_escaped(data: MappedBytes, start: int, end: int) -> bool:
    """Say whether a string, without its quotes at `data[start:end]`, may mean other letters than stand there."""
    for index in range(start, end):  # noqa: SIM110 - compiled code knows no any()
        if data[index] == _BACKSLASH:
            return True
    return False


@kernel
def whole_value(data: MappedBytes, start: int, end: int) -> int:
    """Read the value at `data[start:end]` as a whole number: `MISSING` for what is no number, `UNCLEAR` for what is not plain."""
    at = start + 1 if data[start] == _MINUS else start
    begin, value = at, 0
    while at < end and _ZERO <= data[at] <= _NINE:
        if at - begin == _MOST_DIGITS:
            return UNCLEAR
        value = value * 10 + (data[at] - _ZERO)
        at += 1
    if at == begin:
        return MISSING
    if at - begin > 1 and data[begin] == _ZERO:
        return UNCLEAR
    if at + 1 < end and data[at] == _POINT:
        at += 1
        while at < end and data[at] == _ZERO:
            at += 1
    if at < end:
        return UNCLEAR
    return -value if data[start] == _MINUS else value
