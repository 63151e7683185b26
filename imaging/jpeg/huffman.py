"""Huffman tables of JPEG files, laid out to step through entropy-coded data fast.

Source: ITU-T T.81, annexes C and F.2.2 (Huffman tables and decoding).
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.jpeg.header import MalformedJpegError
from imaging.kernels import kernel

LOOKUP_BITS = 12
"""Bits that one look-up decides by; longer codes take the slow way. 4,096 entries stay in a core's nearest cache."""

STEP_BITS = 14
"""Bits that a step goes on at most: four steps then need no more than the 56 bits that a scan holds."""

END_OF_BLOCK = 128
"""Added to a step's coefficients where it ends its block."""

ByteArray = npt.NDArray[np.uint8]
CodeTables = npt.NDArray[np.uint16]
Integers = npt.NDArray[np.int64]

_NO_STEP = (END_OF_BLOCK - 63) << 8
"""A step that no block has room for: 65 coefficients."""

_DIFFERENCES = 12
"""Sizes in bits that a DC difference of 8-bit samples may have, from 0 on."""

_SLOTS = 4  # of either class, as baseline and extended files may have
_LONGEST = 16  # bits of a code
_GREATEST_DC_SYMBOL = 15  # that libjpeg takes
_CUT_OFF, _TOO_MANY, _NO_DIFFERENCE = -1, -2, -3
_FAULTS = {
    _CUT_OFF: "a Huffman table of the JPEG file is cut off or of no known class",
    _TOO_MANY: "a Huffman table of the JPEG file has more codes of some length than there are",
    _NO_DIFFERENCE: "a Huffman table of the JPEG file has a DC symbol above 15",
}


@dataclass(frozen=True, slots=True)
class HuffmanTables:
    """Four slots of either class; a slot that the file does not define is zero.

    What decodes holds the file's own codes alone: a code that was added for crops would pass for one of a damaged stream.
    """

    dc: CodeTables  # (4, 4096): length << 8 | symbol; 0 for a code that is longer, or none
    ac: CodeTables
    steps: CodeTables  # (4, 4096): bits | coefficients << 8, of several codes at once; more than 64 where there is none
    long_codes: Integers  # (2, 4, 17, 3): by class, slot and length: first code, count, first symbol's index
    symbols: ByteArray  # (2, 4, 256)
    dc_codes: Integers  # (4, 256): length << 16 | code, by symbol, those that were added with them; 0 for a symbol without a code
    contents: dict[tuple[int, int], bytes]  # by class and slot, of a DHT segment with that table, the DC ones completed


@functools.lru_cache(maxsize=16)
def huffman_tables(content: bytes) -> HuffmanTables:
    """Build the tables of a file; many files share the standard's, so some are kept.

    A file's own DC table may have no code for a difference that none of its blocks needs but a crop does. Such codes
    are added where the canonical order leaves room, behind all others: codes that exist stay as they are.

    Args:
        content: Of all DHT segments in file order, joined.

    Raises:
        MalformedJpegError: A table is cut off, has more codes than fit, or a DC symbol that stands for no difference.
    """
    dc, ac = (np.zeros((_SLOTS, 1 << LOOKUP_BITS), np.uint16) for _ in range(2))
    steps = np.full(ac.shape, _NO_STEP, np.uint16)
    long_codes = np.zeros((2, _SLOTS, _LONGEST + 1, 3), np.int64)
    symbols = np.zeros((2, _SLOTS, 256), np.uint8)
    dc_codes = np.zeros((_SLOTS, 256), np.int64)
    counts, sizes = np.zeros((2, _SLOTS, _LONGEST), np.uint8), np.full((2, _SLOTS), -1, np.int64)
    found = fill_tables(np.frombuffer(content, np.uint8), dc, ac, steps, long_codes, symbols, dc_codes, counts, sizes)
    if found in _FAULTS:
        raise MalformedJpegError(_FAULTS[found])
    contents = {
        (kind, slot): bytes([kind << 4 | slot]) + counts[kind, slot].tobytes() + symbols[kind, slot, :size].tobytes()
        for kind, row in enumerate(sizes.tolist())
        for slot, size in enumerate(row)
        if size >= 0
    }
    return HuffmanTables(dc, ac, steps, long_codes, symbols, dc_codes, contents)


@kernel
def fill_tables(
    content: ByteArray,
    dc: CodeTables,
    ac: CodeTables,
    steps: CodeTables,
    long_codes: Integers,
    symbols: ByteArray,
    dc_codes: Integers,
    counts: ByteArray,
    sizes: Integers,
) -> int:
    """Read DHT segments into the arrays of `HuffmanTables`.

    Args:
        content: (B,) uint8, of all segments, joined.
        dc: (4, 4096) uint16, filled in as `HuffmanTables` has it, like the next five; zero before, as all but `steps` are.
        ac: (4, 4096) uint16.
        steps: (4, 4096) uint16, no step before.
        long_codes: (2, 4, 17, 3) int64.
        symbols: (2, 4, 256) uint8.
        dc_codes: (4, 256) int64.
        counts: (2, 4, 16) uint8, filled with the number of codes of each length, those of DC tables completed.
        sizes: (2, 4) int64, filled with the number of codes.

    Returns:
        0, or a negative code where the content describes no tables.
    """
    steps_ahead, whole_ahead = np.empty(2 << LOOKUP_BITS, np.uint16), np.empty(2 << LOOKUP_BITS, np.uint16)
    completed = np.zeros((_LONGEST + 1, 3), np.int64)
    position = 0
    while position < len(content):
        kind, slot = content[position] >> 4, content[position] & 15
        begin = position + 1 + _LONGEST
        if kind > 1 or slot >= _SLOTS or begin > len(content):
            return _CUT_OFF
        total = 0
        for length in range(_LONGEST):
            counts[kind, slot, length] = content[position + 1 + length]
            total += content[position + 1 + length]
        if total > 256 or begin + total > len(content):
            return _CUT_OFF
        symbols[kind, slot, :] = 0
        symbols[kind, slot, :total] = content[begin : begin + total]
        position = begin + total
        if not _number_codes(counts[kind, slot], long_codes[kind, slot]):
            return _TOO_MANY
        if kind == 0:
            for index in range(total):
                if symbols[0, slot, index] > _GREATEST_DC_SYMBOL:
                    return _NO_DIFFERENCE
            _look_ahead(long_codes[0, slot], symbols[0, slot], dc[slot])
            total = _complete(counts[0, slot], symbols[0, slot], total)
            _number_codes(counts[0, slot], completed)
            dc_codes[slot, :] = 0
            for length in range(1, _LONGEST + 1):
                first, count, index = completed[length]
                for number in range(count):
                    dc_codes[slot, symbols[0, slot, index + number]] = length << 16 | (first + number)
        else:
            _look_ahead(long_codes[1, slot], symbols[1, slot], ac[slot])
            _follow_codes(long_codes[1, slot], symbols[1, slot], steps[slot], steps_ahead, whole_ahead)
        sizes[kind, slot] = total
    return 0


@kernel
def _complete(counts: ByteArray, symbols: ByteArray, total: int) -> int:
    """Add codes for the differences that a DC table lacks, leaving the code of ones alone free, as the standard asks."""
    known = 0
    for index in range(total):
        if symbols[index] < _DIFFERENCES:
            known |= 1 << symbols[index]
    missing = 0
    for size in range(_DIFFERENCES):
        missing += 1 - (known >> size & 1)
    used, free = 1, 2
    for length in range(1, _LONGEST + 1):
        if counts[length - 1]:
            used = length
    for length in range(1, used + 1):
        free = (free << (length > 1)) - counts[length - 1]
    if missing == 0 or total + missing > len(symbols):
        return total
    for length in range(used, _LONGEST + 1):
        if free << (length - used) > missing:
            counts[length - 1] += missing
            for size in range(_DIFFERENCES):
                if not known >> size & 1:
                    symbols[total] = size
                    total += 1
            break
    return total


@kernel
def _number_codes(counts: ByteArray, ranges: Integers) -> bool:
    """Fill in the first code of each length, how many there are, and the index of the first's symbol.

    Returns whether they fit; the code of ones alone is none.
    """
    code = index = 0
    for length in range(1, _LONGEST + 1):
        count = int(counts[length - 1])
        ranges[length, 0], ranges[length, 1], ranges[length, 2] = code, count, index
        if code + count >= 1 << length:
            return False
        code, index = (code + count) << 1, index + count
    return True


@kernel
def _look_ahead(ranges: Integers, symbols: ByteArray, lookup: CodeTables) -> None:
    """Enter the short codes: in the order of the table, they follow upon each other without a gap."""
    at = 0
    for length in range(1, LOOKUP_BITS + 1):
        for index in range(ranges[length, 2], ranges[length, 2] + ranges[length, 1]):
            behind = at + (1 << (LOOKUP_BITS - length))
            lookup[at:behind] = length << 8 | symbols[index]
            at = behind
    lookup[at:] = 0


@kernel
def _follow_codes(ranges: Integers, symbols: ByteArray, steps: CodeTables, ahead: CodeTables, whole: CodeTables) -> None:
    """Follow as many AC codes as each pattern of bits decides.

    Patterns of one known bit come first, then those of two, and so on: what follows the first code of a pattern is a
    shorter pattern. Of a pattern of `known` bits with a value, the entry stands at `(1 << known) + value`.

    Args:
        ranges: As `HuffmanTables.long_codes` has them, of the table.
        symbols: Of the table.
        steps: Filled in.
        ahead: Room for the steps of all patterns.
        whole: Room for them without a last code whose coefficient's bits reach beyond the known ones.
    """
    for known in range(LOOKUP_BITS + 1):
        at = 1 << known
        for length in range(1, known + 1):
            span = 1 << (known - length)
            for index in range(ranges[length, 2], ranges[length, 2] + ranges[length, 1]):
                symbol = np.int64(symbols[index])
                bits = length + (symbol & 15)
                first = np.uint16(bits | ((symbol >> 4) + 1 if symbol else END_OF_BLOCK) << 8)
                if bits > STEP_BITS or (symbol & 15 == 0 and symbol not in (0, 0xF0)):
                    ahead[at : at + span] = whole[at : at + span] = 0
                elif symbol == 0 or bits >= known:
                    ahead[at : at + span] = first
                    whole[at : at + span] = first if bits <= known else 0
                else:
                    rest = 1 << (known - bits)
                    for begin in range(at, at + span, rest):
                        for number in range(rest):
                            together, inside = first + ahead[rest + number], first + whole[rest + number]
                            full = together >> np.uint16(8) & np.uint16(END_OF_BLOCK - 1) > np.uint16(63)
                            inside = first if full else inside
                            beyond = full or together & np.uint16(255) > np.uint16(STEP_BITS)
                            ahead[begin + number], whole[begin + number] = inside if beyond else together, inside
                at += span
        ahead[at : 2 << known] = whole[at : 2 << known] = 0
    for value in range(1 << LOOKUP_BITS):
        step = ahead[(1 << LOOKUP_BITS) + value]
        steps[value] = step if step else _NO_STEP
