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

STEP_BITS = 15
"""Bits that a step goes on at most: four steps then need no more than the 57 bits that are read at once."""

END_OF_BLOCK = 128
"""Added to a step's coefficients where it ends its block."""

_NO_STEP = (END_OF_BLOCK - 63) << 8
"""A step that no block has room for: 65 coefficients."""

_DIFFERENCES = frozenset(range(12))
"""Sizes in bits of a DC difference of 8-bit samples."""

_SLOTS = 4  # of either class, as baseline and extended files may have


@dataclass(frozen=True, slots=True)
class HuffmanTables:
    """Four slots of either class; a slot that the file does not define is zero."""

    dc: npt.NDArray[np.uint16]  # (4, 4096): length << 8 | symbol; 0 for a code that is longer, or none
    ac: npt.NDArray[np.uint16]
    steps: npt.NDArray[np.uint16]  # (4, 4096): bits | coefficients << 8, of several codes at once; more than 64 where there is none
    long_codes: npt.NDArray[np.int64]  # (2, 4, 17, 3): by class, slot and length: first code, count, first symbol's place
    symbols: npt.NDArray[np.uint8]  # (2, 4, 256)
    dc_codes: npt.NDArray[np.int64]  # (4, 256): length << 16 | code, by symbol; 0 for a symbol without a code
    contents: dict[tuple[int, int], bytes]  # by class and slot, of a DHT segment with that table, the DC ones completed


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
    steps = np.full(ac.shape, _NO_STEP, np.uint16)
    long_codes = np.zeros((2, _SLOTS, 17, 3), np.int64)
    symbols = np.zeros((2, _SLOTS, 256), np.uint8)
    dc_codes = np.zeros((_SLOTS, 256), np.int64)
    position, contents = 0, dict[tuple[int, int], bytes]()
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
        contents[kind, slot] = bytes([kind << 4 | slot]) + counts + values
        long_codes[kind, slot, 1:] = _ranges(counts)
        symbols[kind, slot, : len(values)] = np.frombuffer(values, np.uint8)
        lengths = np.repeat(np.arange(1, 17), np.frombuffer(counts, np.uint8))
        lookup = (dc, ac)[kind][slot]
        _fill(lookup, lengths, symbols[kind, slot, : len(values)])
        if kind == 0:
            first, _, place = long_codes[0, slot, lengths].T
            dc_codes[slot, symbols[0, slot, : len(values)]] = lengths << 16 | (first + np.arange(len(values)) - place)
        else:
            follow_codes(lookup, steps[slot])
    return HuffmanTables(dc, ac, steps, long_codes, symbols, dc_codes, contents)


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


def _ranges(counts: bytes) -> list[tuple[int, int, int]]:
    """Return the first code of each length, how many there are, and the place of the first's symbol."""
    ranges = []
    code = place = 0
    for length, count in enumerate(counts, start=1):
        ranges.append((code, count, place))
        if code + count > 1 << length:
            raise MalformedJpegError(f"a Huffman table of the JPEG file has too many codes of {length} bits")
        code, place = (code + count) << 1, place + count
    return ranges


def _fill(lookup: npt.NDArray[np.uint16], lengths: npt.NDArray[np.int64], symbols: npt.NDArray[np.uint8]) -> None:
    """Enter the short codes: in the order of the table, they follow upon each other without a gap."""
    short = int(np.searchsorted(lengths, LOOKUP_BITS, side="right"))
    entries = np.repeat(lengths[:short] << 8 | symbols[:short], 1 << (LOOKUP_BITS - lengths[:short]))
    lookup[: len(entries)] = entries
    lookup[len(entries) :] = 0


@kernel
def follow_codes(lookup: npt.NDArray[np.uint16], steps: npt.NDArray[np.uint16]) -> None:
    """Follow as many AC codes as each pattern of bits decides."""
    size = len(lookup)
    for pattern in range(size):
        bits = coefficients = 0
        while bits < LOOKUP_BITS and coefficients < END_OF_BLOCK:
            entry = int(lookup[(pattern << bits) & (size - 1)])
            length, symbol = entry >> 8, entry & 255
            if entry == 0 or length > LOOKUP_BITS - bits or (symbol & 15 == 0 and symbol not in (0, 0xF0)):
                break
            if bits + length + (symbol & 15) > STEP_BITS or (symbol and coefficients + (symbol >> 4) > 62):
                break
            bits += length + (symbol & 15)
            coefficients += (symbol >> 4) + 1 if symbol else END_OF_BLOCK
        steps[pattern] = bits | coefficients << 8 if bits else _NO_STEP
