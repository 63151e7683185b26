"""Finds where each MCU of entropy-coded JPEG data begins, and what the DC predictors are there.

Data are unstuffed bytes, most significant bit first. Nothing is dequantised or transformed: codes are only stepped over,
several at a time, so a scan costs a fraction of a decode. No content can lead beyond the arrays.

Source: ITU-T T.81, annex F (sequential coding with Huffman tables).
"""

import numpy as np
import numpy.typing as npt

from imaging.bits import bits_at, set_word
from imaging.jpeg.header import EOI
from imaging.jpeg.huffman import END_OF_BLOCK, LOOKUP_BITS, STEP_BITS, ByteArray, CodeTables, Integers
from imaging.kernels import kernel

CORRUPT = -1
"""Returned where the data are no valid sequence of codes."""

END_OF_IMAGE = EOI[1]

PADDING = 64 * 32 // 8 + 16
"""Zero bytes behind the data: one block's codes, over which a scan may step before it looks where it is."""

LOW_BITS, HIGH_BITS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
"""Of a word's bytes; with them, whether a byte is FF is told for eight at once."""

_PEEK = np.uint64(64 - LOOKUP_BITS)
_REFILLED = 56
"""Bits that are held at least once a word has been filled up, which counts whole bytes."""

_STEPS_A_WORD = _REFILLED // STEP_BITS


@kernel
def unstuff(data: ByteArray, start: int, plain: ByteArray) -> int:
    """Take the zero bytes out that follow FF in entropy-coded data, up to the end of the image.

    Args:
        data: (B,) uint8, the file.
        start: Its first coded byte.
        plain: (P,) uint8, filled in, with zero bytes behind; it has room for what is left of the file, and PADDING.

    Returns:
        The bytes without those zero ones; CORRUPT where the end of the image is missing, or another marker comes first.
    """
    index, to = start, 0
    while index < len(data):
        if index + 8 <= len(data):
            word = bits_at(data, 8 * index)
            if (~word - LOW_BITS) & word & HIGH_BITS == 0:
                set_word(plain, to, word)
                index, to = index + 8, to + 8
                continue
        end = min(index + 8, len(data))
        while index < end:
            byte = data[index]
            index += 1
            if byte != 255:
                plain[to] = byte
                to += 1
                continue
            if index == len(data) or (data[index] != 0 and data[index] != END_OF_IMAGE):
                return CORRUPT
            if data[index] == END_OF_IMAGE:
                plain[to : to + PADDING] = 0
                return to
            plain[to] = 255
            index, to = index + 1, to + 1
            if index == len(data):
                return CORRUPT
    return CORRUPT


@kernel
def scan_mcus(
    data: ByteArray,
    bits: int,
    blocks: Integers,
    slots: Integers,
    dc: CodeTables,
    ac: CodeTables,
    steps: CodeTables,
    long_codes: Integers,
    symbols: ByteArray,
    firsts: Integers,
    predictors: npt.NDArray[np.int32],
) -> int:
    """Step over MCUs from the start of the data.

    Args:
        data: (B,) uint8, as `unstuff` fills them.
        bits: Of them, without the padding.
        blocks: (L,) int64, component of each block of an MCU.
        slots: (C, 2) int64, DC and AC table of each component.
        dc: (4, 4096) uint16, as `HuffmanTables` has it, like the next four.
        ac: (4, 4096) uint16, single AC codes.
        steps: (4, 4096) uint16, several AC codes at once.
        long_codes: (2, 4, 17, 3) int64, codes beyond the look-up.
        symbols: (2, 4, 256) uint8, of the long codes.
        firsts: (M + 1, C) int64, filled with the bit at which each component's first block begins in each MCU; the last row
            with the bit behind the last MCU.
        predictors: (M + 1, C) int32, filled with the DC predictors before each MCU, and behind the last.

    Returns:
        The bits stepped over, or CORRUPT.
    """
    components, mcus, inside = predictors.shape[1], len(firsts) - 1, len(blocks)
    parts, opens = np.empty(inside, np.uint64), np.empty(inside, np.bool_)  # unsigned, so that compiled code takes no sign into account
    dc_tables, ac_tables = np.empty(inside, np.uint64), np.empty(inside, np.uint64)
    for block in range(inside):
        parts[block], opens[block] = blocks[block], block == 0 or blocks[block] != blocks[block - 1]
        dc_tables[block], ac_tables[block] = slots[blocks[block], 0] << LOOKUP_BITS, slots[blocks[block], 1] << LOOKUP_BITS
    all_dc, all_ac, all_steps = dc.reshape(dc.size), ac.reshape(ac.size), steps.reshape(steps.size)
    values = np.zeros(components, np.int32)
    word = np.uint64(0)  # the next bits, of which `held` lie before byte `index`
    index = held = 0
    for mcu in range(mcus):
        for component in range(components):
            predictors[mcu, component] = values[component]
        for block in range(inside):
            part, table = parts[block], ac_tables[block]
            position = 8 * index - held
            if opens[block]:
                firsts[mcu, part] = position
            if position > bits:
                return CORRUPT
            word |= bits_at(data, 8 * index) >> np.uint64(held)
            index += 63 - held >> 3
            held |= _REFILLED
            entry = int(all_dc[dc_tables[block] + (word >> _PEEK)])
            if entry == 0:
                slot = dc_tables[block] >> LOOKUP_BITS
                entry = long_code(word, long_codes[0, slot], symbols[0, slot])
            length, size = entry >> 8, entry & 255
            if entry == 0 or size > 11:
                return CORRUPT
            word <<= np.uint64(length)
            values[part] += difference_of(word, size)
            word <<= np.uint64(size)
            held -= length + size
            at = 1
            while at < 64:
                word |= bits_at(data, 8 * index) >> np.uint64(held)
                index += 63 - held >> 3
                held |= _REFILLED
                step = ahead = 0
                for _ in range(_STEPS_A_WORD):
                    step = int(all_steps[table + (word >> _PEEK)])
                    ahead = at + (step >> 8)
                    if ahead > 63:
                        break
                    word <<= np.uint64(step & 63)
                    held -= step & 255
                    at = ahead
                if ahead < 64:
                    continue
                if ahead == 64 or END_OF_BLOCK < ahead < END_OF_BLOCK + 64:
                    word <<= np.uint64(step & 63)
                    held -= step & 255
                    break
                word |= bits_at(data, 8 * index) >> np.uint64(held)
                index += 63 - held >> 3
                held |= _REFILLED
                entry = int(all_ac[table + (word >> _PEEK)])
                if entry == 0:
                    slot = table >> LOOKUP_BITS
                    entry = long_code(word, long_codes[1, slot], symbols[1, slot])
                length, symbol = entry >> 8, entry & 255
                ahead = at + (symbol >> 4) + 1
                if entry == 0 or (symbol and ahead > 64) or (symbol & 15 == 0 and symbol not in (0, 0xF0)):
                    return CORRUPT
                length += symbol & 15
                word <<= np.uint64(length)
                held -= length
                at = ahead if symbol else 64
    position = 8 * index - held
    for component in range(components):
        firsts[mcus, component] = position
        predictors[mcus, component] = values[component]
    return CORRUPT if position > bits else position


@kernel
def long_code(window: int, codes: Integers, symbols: ByteArray) -> int:
    """Decode the code in a word's upper bits by its length's range.

    Args:
        window: 64 bits.
        codes: (17, 3) int64 of one table, by length: first code, count, first symbol's index.
        symbols: (256,) uint8 of that table.

    Returns:
        length << 8 | symbol, or 0 where it is no code.
    """
    for length in range(1, 17):
        index = np.int64(window >> np.uint64(64 - length)) - codes[length, 0]
        if 0 <= index < codes[length, 1]:
            return int(length << 8 | np.int64(symbols[codes[length, 2] + index]))
    return 0


@kernel
def difference_of(window: int, size: int) -> int:
    """Return the DC difference that a word's upper bits stand for.

    Args:
        window: 64 bits.
        size: How many of them count, 0 to 11.
    """
    value = np.int64(window >> np.uint64(1) >> np.uint64(63 - size))
    return int(value - (1 << size) + 1 if value < (1 << size) >> 1 else value)
