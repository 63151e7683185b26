"""Numbers that look random, drawn from instance ids: functions of the id and a salt alone, whatever the partitioning."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.errors import ContractError

Draws = npt.NDArray[np.uint64]

_HEX_DIGITS = 64
_NO_DIGIT = 255
_NIBBLES = np.full(256, _NO_DIGIT, np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)


def id_words(ids: pa.Array, word: int) -> Draws:
    """Return one 64-bit word of each id.

    Args:
        ids: (N,) string, each of 64 lower-case hexadecimal digits.
        word: Which 16 of the digits, 0 to 3.

    Raises:
        ContractError: An id is not a sha-256 in hexadecimal.
    """
    digits = _digits(ids)[:, 16 * word : 16 * word + 16]
    value = np.zeros(len(digits), np.uint64)
    for column in range(16):
        value = (value << np.uint64(4)) | digits[:, column].astype(np.uint64)
    return value


def draw(words: Draws, *salt: Any) -> Draws:
    """Draw one 64-bit number an id, independent for each salt; distinct words give distinct draws.

    Args:
        words: (N,) the ids' first words; see `id_words`.
        salt: What the draw is for: texts and whole numbers.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), the mixer of SplitMix64.
    """
    salted = int.from_bytes(hashlib.sha256(repr(salt).encode()).digest()[:8], "big")
    mixed = words ^ np.uint64(salted)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def uniform(draws: Draws) -> npt.NDArray[np.float64]:
    """Turn draws into numbers of [0, 1).

    Args:
        draws: (N,) uint64.
    """
    return (draws >> np.uint64(11)).astype(np.float64) / (1 << 53)


def _digits(ids: pa.Array) -> npt.NDArray[np.uint8]:
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    lengths = pc.unique(pc.binary_length(ids)).to_pylist()
    if lengths not in ([_HEX_DIGITS], []):
        raise ContractError(f"expected ids of {_HEX_DIGITS} hexadecimal digits, got lengths {sorted(map(str, lengths))}")
    data = np.frombuffer(ids.buffers()[2], np.uint8) if len(ids) else np.zeros(0, np.uint8)
    first = ids.offset * _HEX_DIGITS + _first_offset(ids)
    digits = _NIBBLES[data[first : first + len(ids) * _HEX_DIGITS].reshape(-1, _HEX_DIGITS)]
    if (digits == _NO_DIGIT).any():
        row = int(np.flatnonzero((digits == _NO_DIGIT).any(axis=1))[0])
        raise ContractError(f"expected an id of lower-case hexadecimal digits, got {ids[row].as_py()!r} in row {row:,}")
    return digits


def _first_offset(ids: pa.Array) -> int:
    """Where the data of the array's first buffer position starts: 0 unless the buffer is shared with other arrays."""
    return int(np.frombuffer(ids.buffers()[1], np.int32)[0]) if len(ids) else 0
