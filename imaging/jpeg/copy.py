"""Copies rectangles of MCUs out of scanned entropy-coded JPEG data.

Source: ITU-T T.81, annex F (sequential coding with Huffman tables).
"""

import numpy as np
import numpy.typing as npt

from imaging.bits import bits_at, set_bits, set_word, whole_bits_at
from imaging.jpeg.huffman import LOOKUP_BITS, ByteArray, CodeTables, Integers
from imaging.jpeg.scan import CORRUPT, HIGH_BITS, LOW_BITS, PADDING, difference_of, long_code, scan_mcus, unstuff
from imaging.kernels import kernel

DIFFERENCE_BITS = 4 * (16 + 11)
"""What coding the first differences of a row of MCUs again adds at most."""

NO_END, NO_CODE = -2, -3
"""Returned, beside CORRUPT, where the data's end is missing, or a DC table has no code for a difference that a crop needs."""

Tables = tuple[CodeTables, CodeTables, CodeTables, Integers, ByteArray, Integers]

_PEEK = np.uint64(64 - LOOKUP_BITS)
_SPARE = 16  # bytes behind each rectangle's data


@kernel
def copied_blocks(
    file: ByteArray,
    start: int,
    layout: Integers,
    slots: Integers,
    tables: Tables,
    limits: Integers,
    across: int,
    down: int,
    ranges: Integers,
) -> tuple[int, ByteArray, Integers]:
    """Copy rectangles of MCUs out of a JPEG file as entropy-coded data of their own.

    Rows of MCUs are scanned down to the last that a rectangle holds; where that is the image's last, its data must end there.

    Args:
        file: (B,) uint8, a whole JPEG file.
        start: Its first coded byte.
        layout: (L,) int64, component of each block of an MCU.
        slots: (C, 2) int64, DC and AC table of each component.
        tables: As `HuffmanTables` has them: dc, ac, steps, long_codes, symbols, dc_codes.
        limits: (C, 2) int64, the least and the greatest DC value that each component may have.
        across: MCUs in a row of the image.
        down: Rows of MCUs of the image.
        ranges: (N, 5) int64 of each rectangle, in MCUs: first column, column past the last, first row, row past the last; the last
            number is filled with the first byte in the data.

    Returns:
        0, or CORRUPT, NO_END or NO_CODE; (S,) uint8 data of all rectangles, with room between them; (N,) int64 bytes of each.
    """
    dc, ac, steps, long_codes, symbols, dc_codes = tables
    lengths = np.zeros(len(ranges), np.int64)
    plain = np.empty(len(file) - start + PADDING, np.uint8)
    size = unstuff(file, start, plain)
    if size == CORRUPT:
        return NO_END, plain, lengths
    rows = 0
    for number in range(len(ranges)):
        rows = max(rows, ranges[number, 3])
    firsts = np.empty((across * rows + 1, len(slots)), np.int64)
    predictors = np.empty(firsts.shape, np.int32)
    end = scan_mcus(plain, 8 * size, layout, slots, dc, ac, steps, long_codes, symbols, firsts, predictors)
    if end == CORRUPT or (rows == down and 8 * size - end >= 8):
        return CORRUPT, plain, lengths
    for mcu in range(len(predictors)):
        for component in range(len(slots)):
            if not limits[component, 0] <= predictors[mcu, component] <= limits[component, 1]:
                return CORRUPT, plain, lengths
    room = _place(firsts, across, ranges)
    out, stuffed = np.empty(room, np.uint8), np.empty(2 * room, np.uint8)
    if copy_mcus(plain, slots, dc, long_codes, symbols, dc_codes, firsts, predictors, across, ranges, out, lengths) == CORRUPT:
        return NO_CODE, plain, lengths
    stuff(out, ranges, lengths, stuffed)
    return 0, stuffed, lengths


@kernel
def _place(firsts: Integers, across: int, ranges: Integers) -> int:
    """Fill in where each rectangle's data begin, leaving room for them; returns the bytes that all take at most."""
    room = 0
    for number in range(len(ranges)):
        left, right, top, bottom = ranges[number, 0], ranges[number, 1], ranges[number, 2], ranges[number, 3]
        bits = 0
        for row in range(top, bottom):
            bits += firsts[row * across + right, 0] - firsts[row * across + left, 0] + DIFFERENCE_BITS
        ranges[number, 4] = room
        room += bits // 8 + _SPARE
    return room


@kernel
def copy_mcus(
    data: ByteArray,
    slots: Integers,
    dc: CodeTables,
    long_codes: Integers,
    symbols: ByteArray,
    dc_codes: Integers,
    firsts: Integers,
    predictors: npt.NDArray[np.int32],
    across: int,
    ranges: Integers,
    out: ByteArray,
    lengths: Integers,
) -> int:
    """Copy rectangles of MCUs as entropy-coded data of their own.

    Each row of a rectangle is one range of bits. Only the first DC difference of each component in it is coded again,
    against the rectangle's own last value.

    Args:
        data: (B,) uint8, as `unstuff` fills them.
        slots: (C, 2) int64, DC and AC table of each component.
        dc: (4, 4096) uint16, as `HuffmanTables` has it, like the next three.
        long_codes: (2, 4, 17, 3) int64.
        symbols: (2, 4, 256) uint8.
        dc_codes: (4, 256) int64.
        firsts: (M + 1, C) int64, as `scan_mcus` filled it.
        predictors: (M + 1, C) int32, as `scan_mcus` filled it.
        across: MCUs in a row of the image.
        ranges: (N, 5) int64, in MCUs: first column, column past the last, first row, row past the last; first byte in `out`.
        out: (P,) uint8 with room for all, filled in the order of the ranges.
        lengths: (N,) int64, filled with the bytes of each rectangle.

    Returns:
        0, or CORRUPT where a DC table has no code for a difference.
    """
    for number in range(len(ranges)):
        left, right, top, bottom = ranges[number, 0], ranges[number, 1], ranges[number, 2], ranges[number, 3]
        begin = to = ranges[number, 4] * 8
        behind = -1  # the MCU after the last that was copied
        for row in range(top, bottom):
            mcu = row * across + left
            copied = firsts[mcu, 0]
            for component in range(len(slots)):
                slot, position = slots[component, 0], firsts[mcu, component]
                window = bits_at(data, position)
                entry = int(dc[slot, window >> _PEEK])
                if entry == 0:
                    entry = long_code(window, long_codes[0, slot], symbols[0, slot])
                length, size = entry >> 8, entry & 255
                to = _copy_bits(data, copied, position, out, to)
                copied = position + length + size
                value = predictors[mcu, component] + difference_of(window << np.uint64(length), size)
                difference = value - predictors[behind, component] if behind >= 0 else value
                needed, rest = 0, abs(difference)
                while rest:
                    needed, rest = needed + 1, rest >> 1
                code = dc_codes[slot, needed]
                if code == 0:
                    return CORRUPT
                if difference < 0:
                    difference += (1 << needed) - 1
                bits = (code & 0xFFFF) << needed | difference
                count = (code >> 16) + needed
                set_bits(out, to, np.uint64(bits) << np.uint64(64 - count))
                to += count
            behind = mcu + right - left
            to = _copy_bits(data, copied, firsts[behind, 0], out, to)
        set_bits(out, to, np.uint64(0xFF) << np.uint64(56))
        lengths[number] = (to - begin + 7) >> 3
    return 0


@kernel
def _copy_bits(data: ByteArray, position: int, end: int, out: ByteArray, to: int) -> int:
    """Append the bits from `position` to `end`; returns the bit after them."""
    first = min(-to & 7, end - position)
    if first:
        set_bits(out, to, bits_at(data, position))
        to += first
        position += first
    while position < end:
        set_word(out, to >> 3, whole_bits_at(data, position))
        count = min(end - position, 64)
        to += count
        position += count
    return to


@kernel
def stuff(plain: ByteArray, ranges: Integers, lengths: Integers, stuffed: ByteArray) -> None:
    """Put a zero byte behind every FF of entropy-coded data.

    Args:
        plain: (B,) uint8, as `copy_mcus` filled it.
        ranges: (R, 5) int64, as `copy_mcus` takes them.
        lengths: (R,) bytes of each rectangle; raised by what is put in.
        stuffed: (2 B,) uint8, with twice the room of `plain`; each rectangle's data begin at twice the index that they have in `plain`.
    """
    for number in range(len(ranges)):
        index, begin = ranges[number, 4], 2 * ranges[number, 4]
        end, to = index + lengths[number], begin
        while index < end:
            word = bits_at(plain, 8 * index)
            if index + 8 <= end and (~word - LOW_BITS) & word & HIGH_BITS == 0:
                set_word(stuffed, to, word)
                index, to = index + 8, to + 8
                continue
            for at in range(index, min(index + 8, end)):
                stuffed[to] = plain[at]
                to += 1
                if plain[at] == 255:
                    stuffed[to] = 0
                    to += 1
            index = min(index + 8, end)
        lengths[number] = to - begin
