"""The DHT segments of a JPEG file in, tables to step through its entropy-coded data fast out.

Source: ITU-T T.81, annexes C and F.2.2 (Huffman tables and decoding).
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lake.jpeg_header import MalformedJpegError
from lake.kernels import kernel

LOOKUP_BITS = 12
"""Bits that one look-up decides by; longer codes take the slow way. 4,096 entries stay in a core's nearest cache."""

_DIFFERENCES = frozenset(range(12))
"""Sizes in bits of a DC difference of 8-bit samples."""

_SLOTS = 4  # of either class, as baseline and extended files may have


@dataclass(frozen=True, slots=True)
class HuffmanTables:
    """Four slots of either class; a slot that the file does not define is zero."""

    dc: npt.NDArray[np.uint16]  # (4, 4096): length << 8 | symbol; 0 for a code that is longer, or none
    ac: npt.NDArray[np.uint16]
    steps: npt.NDArray[np.uint32]  # (4, 4096): bits | coefficients << 8 | end of block << 16, of several codes at once
    long_codes: npt.NDArray[np.int64]  # (2, 4, 17, 3): by class, slot and length: first code, count, first symbol's place
    symbols: npt.NDArray[np.uint8]  # (2, 4, 256)
    dc_codes: npt.NDArray[np.int64]  # (4, 256): length << 16 | code, by symbol; 0 for a symbol without a code
    content: bytes  # of a DHT segment with all tables, the DC ones completed


@functools.lru_cache(maxsize=64)
def huffman_tables(content: bytes) -> HuffmanTables:
    """Build the tables of a file; most files share the standard's, so they are kept.

    A file's own DC table may have no code for a difference that none of its blocks needs but a crop does. Such codes
    are added where the canonical order leaves room, behind all others: codes that exist stay as they are.

    Args:
        content: Of all DHT segments in file order, joined.

    Raises:
        MalformedJpegError: A table is cut off or has more codes than fit.
    """
    dc, ac = (np.zeros((_SLOTS, 1 << LOOKUP_BITS), np.uint16) for _ in range(2))
    long_codes = np.zeros((2, _SLOTS, 17, 3), np.int64)
    symbols = np.zeros((2, _SLOTS, 256), np.uint8)
    dc_codes = np.zeros((_SLOTS, 256), np.int64)
    position, completed = 0, b""
    while position < len(content):
        kind, slot = content[position] >> 4, content[position] & 15
        counts = content[position + 1 : position + 17]
        total = sum(counts)
        values = content[position + 17 : position + 17 + total]
        position += 17 + total
        if kind > 1 or slot >= _SLOTS or len(counts) < 16 or total > 256 or len(values) < total:
            raise MalformedJpegError("a Huffman table of the JPEG file is cut off or of no known class")
        if kind == 0:
            counts, values = _completed(counts, values)
            total = len(values)
        completed += bytes([kind << 4 | slot]) + counts + values
        lookup = (dc, ac)[kind][slot]
        lookup[:] = 0
        _fill(lookup, long_codes[kind, slot], counts, values)
        symbols[kind, slot, :total] = np.frombuffer(values, np.uint8)
        if kind == 0:
            dc_codes[slot] = _codes(long_codes[0, slot], values)
    steps = np.stack([_steps(table) for table in ac])
    return HuffmanTables(dc, ac, steps, long_codes, symbols, dc_codes, completed)


def _completed(counts: bytes, values: bytes) -> tuple[bytes, bytes]:
    """Add codes for the differences that a DC table lacks, leaving the code of ones alone free, as the standard asks."""
    missing = bytes(sorted(_DIFFERENCES - set(values)))
    used = max((length for length, count in enumerate(counts, start=1) if count), default=1)
    free = (1 << used) - sum(count << (used - length) for length, count in enumerate(counts[:used], start=1))
    for length in range(used, 17):
        if missing and (free << (length - used)) > len(missing):
            longer = bytes(count + len(missing) * (at == length) for at, count in enumerate(counts, start=1))
            return longer, values + missing
    return counts, values


def _fill(lookup: npt.NDArray[np.uint16], long_codes: npt.NDArray[np.int64], counts: bytes, values: bytes) -> None:
    code = place = 0
    for length, count in enumerate(counts, start=1):
        long_codes[length] = code, count, place
        if code + count > 1 << length:
            raise MalformedJpegError(f"a Huffman table of the JPEG file has too many codes of {length} bits")
        for number in range(count if length <= LOOKUP_BITS else 0):
            spare = LOOKUP_BITS - length
            lookup[(code + number) << spare : (code + number + 1) << spare] = length << 8 | values[place + number]
        code, place = (code + count) << 1, place + count


def _codes(long_codes: npt.NDArray[np.int64], values: bytes) -> npt.NDArray[np.int64]:
    codes = np.zeros(256, np.int64)
    for length in range(1, 17):
        first, count, place = long_codes[length].tolist()
        for number in range(count):
            codes[values[place + number]] = length << 16 | (first + number)
    return codes


@kernel
def _steps(lookup: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint32]:
    """Follow as many AC codes as each pattern of bits decides."""
    size = len(lookup)
    steps = np.zeros(size, np.uint32)
    for pattern in range(size):
        bits = coefficients = end = 0
        while bits < LOOKUP_BITS and not end:
            entry = int(lookup[(pattern << bits) & (size - 1)])
            length, symbol = entry >> 8, entry & 255
            if entry == 0 or length > LOOKUP_BITS - bits or (symbol & 15 == 0 and symbol not in (0, 0xF0)):
                break
            bits += length + (symbol & 15)
            if symbol == 0:
                end = 1
            else:
                coefficients += (symbol >> 4) + 1
        if coefficients < 64:
            steps[pattern] = bits | coefficients << 8 | end << 16
    return steps
