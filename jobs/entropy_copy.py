"""Scanned entropy-coded JPEG data and rectangles of MCUs in, the entropy-coded data of each rectangle out.

Source: ITU-T T.81, annex F (sequential coding with Huffman tables).
"""

import numpy as np
import numpy.typing as npt

from jobs.entropy_scan import CORRUPT, Codes, Places, Words, long_code
from jobs.huffman_tables import LOOKUP_BITS
from lake.kernels import kernel

DIFFERENCE_BITS = 4 * (16 + 11)
"""What coding the first differences of a row of MCUs anew adds at most."""


@kernel
def place_ranges(starts: Places, across: int, ranges: Places) -> int:
    """Fill in where each rectangle's words begin, leaving room for its bits; arguments as in `copy_mcus`.

    Returns:
        The words that all take at most.
    """
    room = 0
    for number in range(len(ranges)):
        left, right, top, bottom, _ = ranges[number]
        ranges[number, 4] = room
        bits = 0
        for row in range(top, bottom):
            bits += starts[row * across + right] - starts[row * across + left] + DIFFERENCE_BITS
        room += bits // 32 + 3
    return room


@kernel
def copy_mcus(
    words: Words,
    blocks: Places,
    slots: Places,
    dc: Codes,
    ac: Codes,
    long_codes: Places,
    symbols: npt.NDArray[np.uint8],
    dc_codes: Places,
    starts: Places,
    predictors: npt.NDArray[np.int32],
    across: int,
    ranges: Places,
    out: Words,
    lengths: Places,
) -> int:
    """Copy rectangles of MCUs as entropy-coded data of their own.

    Each row of a rectangle is one range of bits. Only the first DC difference of each component in it is coded anew,
    against the rectangle's own last value.

    Args:
        words: As `scan_mcus` takes them, like the next six.
        blocks: Component of each block.
        slots: Tables of each component.
        dc: By slot, as the next three.
        ac: Single AC codes.
        long_codes: By class and slot.
        symbols: By class and slot.
        dc_codes: By slot and symbol.
        starts: As `scan_mcus` filled them.
        predictors: As `scan_mcus` filled them.
        across: MCUs in a row of the picture.
        ranges: (N, 5) first column, column past the last, first row, row past the last; first word in `out`.
        out: Zeroes, with room for all.
        lengths: (N,) filled with the bytes of each rectangle.

    Returns:
        0, or CORRUPT where a DC table has no code for a difference.
    """
    components = len(slots)
    for number in range(len(ranges)):
        left, right, top, bottom, first_word = ranges[number]
        begin = first_word * 32
        to = begin
        previous = np.zeros(components, np.int32)
        for row in range(top, bottom):
            mcu = row * across + left
            position = starts[mcu]
            copied = position
            seen = -1
            for block in range(len(blocks)):
                component = blocks[block]
                slot = slots[component, 0]
                entry = int(dc[slot, peek(words, position, LOOKUP_BITS)])
                if entry == 0:
                    entry = long_code(peek(words, position, 16), long_codes[0, slot], symbols[0, slot])
                length, size = entry >> 8, entry & 255
                if component > seen:
                    seen = component
                    value = np.int64(peek(words, position + length, size)) if size else np.int64(0)
                    if size and value < 1 << (size - 1):
                        value -= (1 << size) - 1
                    to = copy_bits(words, copied, position, out, to)
                    difference = predictors[mcu, component] + value - previous[component]
                    to = put_difference(difference, dc_codes[slot], out, to)
                    if to < 0:
                        return CORRUPT
                    copied = position + length + size
                if component == components - 1:
                    break
                table = slots[component, 1]
                behind = position + length + size
                position = skip_block(words, behind, ac[table], long_codes[1, table], symbols[1, table])
            to = copy_bits(words, copied, starts[mcu + right - left], out, to)
            previous[:] = predictors[mcu + right - left]
        spare = (begin - to) % 8
        to = put_bits((1 << spare) - 1, spare, out, to)
        lengths[number] = (to - begin) // 8
    return 0


@kernel
def skip_block(words: Words, position: int, ac: Codes, codes: Places, symbols: npt.NDArray[np.uint8]) -> int:
    """Return the place after a block's AC codes, which are known to be valid."""
    at = 1
    while at < 64:
        entry = int(ac[peek(words, position, LOOKUP_BITS)])
        if entry == 0:
            entry = long_code(peek(words, position, 16), codes, symbols)
        symbol = entry & 255
        position += (entry >> 8) + (symbol & 15)
        at = at + (symbol >> 4) + 1 if symbol else 64
    return position


@kernel
def peek(words: Words, position: int, count: int) -> int:
    """Return the next 1 to 32 bits."""
    word = position >> 5
    both = np.uint64(words[word]) << np.uint64(32) | np.uint64(words[word + 1])
    return int((both << np.uint64(position & 31)) >> np.uint64(64 - count))


@kernel
def put_bits(value: int, count: int, out: Words, to: int) -> int:
    """Append 0 to 32 bits; returns the place after them."""
    if count:
        both = np.uint64(value) << np.uint64(64 - count - (to & 31))
        word = to >> 5
        out[word] |= np.uint32(both >> np.uint64(32))
        out[word + 1] |= np.uint32(both & np.uint64(0xFFFFFFFF))
    return to + count


@kernel
def put_difference(difference: int, codes: Places, out: Words, to: int) -> int:
    """Append a DC difference; returns the place after it, or CORRUPT where the table has no code for its size."""
    size, rest = 0, abs(difference)
    while rest:
        size, rest = size + 1, rest >> 1
    code = int(codes[size])
    if code == 0:
        return CORRUPT
    to = put_bits(code & 0xFFFF, code >> 16, out, to)
    value = difference if difference >= 0 else difference + (1 << size) - 1
    return int(put_bits(value, size, out, to))


@kernel
def copy_bits(words: Words, position: int, end: int, out: Words, to: int) -> int:
    """Append the bits from `position` to `end`; returns the place after them."""
    first = min(-to & 31, end - position)
    if first:
        to = put_bits(peek(words, position, first), first, out, to)
        position += first
    count = (end - position) >> 5
    source, target, shift = position >> 5, to >> 5, np.uint64(32 - (position & 31))
    for word in range(count):
        both = np.uint64(words[source + word]) << np.uint64(32) | np.uint64(words[source + word + 1])
        out[target + word] = np.uint32((both >> shift) & np.uint64(0xFFFFFFFF))
    position, to = position + 32 * count, to + 32 * count
    if position < end:
        to = put_bits(peek(words, position, end - position), end - position, out, to)
    return to
