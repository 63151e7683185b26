"""Entropy-coded JPEG data in, where each MCU begins and what the DC predictors are there out.

Data are unstuffed 32-bit words, most significant bit first. Nothing is dequantised or transformed: codes are only
stepped over, so a scan costs a fraction of a decode. No content can lead beyond the arrays.

Source: ITU-T T.81, annex F (sequential coding with Huffman tables).
"""

import numpy as np
import numpy.typing as npt

from jobs.huffman_tables import LOOKUP_BITS
from lake.kernels import kernel

Words = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint16]

CORRUPT = -1
"""Returned where the data are no valid sequence of codes."""

END_OF_IMAGE = 0xD9

_PEEK = np.uint64(64 - LOOKUP_BITS)


@kernel
def unstuff(raw: Words, length: int, words: Words) -> int:
    """Take the zero bytes out that follow FF in entropy-coded data, up to the first marker.

    Args:
        raw: The file from its first coded byte on, as little-endian words with padding.
        length: Of the file from there on, in bytes.
        words: Filled with the data, most significant byte first; zeroes behind.

    Returns:
        The bits of data, or CORRUPT where no marker follows them or another than the end of the image.
    """
    held, bits, to = np.uint64(0), 0, 0
    number = skip = 0
    while number < len(raw):
        word = raw[number]
        found = ((~word) - np.uint32(0x01010101)) & word & np.uint32(0x80808080)
        if found == 0 and skip == 0:
            swapped = np.uint32(
                (word >> np.uint32(24))
                | ((word >> np.uint32(8)) & np.uint32(0xFF00))
                | ((word << np.uint32(8)) & np.uint32(0xFF0000))
                | (word << np.uint32(24))
            )
            held = held << np.uint64(32) | np.uint64(swapped)
            words[to] = np.uint32((held >> np.uint64(bits)) & np.uint64(0xFFFFFFFF))
            to += 1
            number += 1
            continue
        for place in range(4):
            byte = (word >> np.uint32(8 * place)) & np.uint32(255)
            if skip:
                if byte != 0:
                    words[to] = np.uint32((held << np.uint64(32 - bits)) & np.uint64(0xFFFFFFFF)) if bits else np.uint32(0)
                    return 32 * to + bits if 4 * number + place < length and byte == END_OF_IMAGE else CORRUPT
                skip = 0
                continue
            skip = 1 if byte == 255 else 0
            held = held << np.uint64(8) | np.uint64(byte)
            bits += 8
            if bits == 32:
                words[to] = np.uint32(held & np.uint64(0xFFFFFFFF))
                to, bits = to + 1, 0
        number += 1
    return CORRUPT


@kernel
def scan_mcus(
    words: Words,
    blocks: Places,
    slots: Places,
    dc: Codes,
    ac: Codes,
    steps: Words,
    long_codes: Places,
    symbols: npt.NDArray[np.uint8],
    starts: Places,
    predictors: npt.NDArray[np.int32],
) -> int:
    """Step over MCUs from the start of the data.

    Args:
        words: Data with at least four words of padding.
        blocks: (B,) component of each block of an MCU.
        slots: (C, 2) DC and AC table of each component.
        dc: As `HuffmanTables` has it, like the next four.
        ac: Single AC codes.
        steps: Several AC codes at once.
        long_codes: Codes beyond the look-up.
        symbols: Of the long codes.
        starts: (M + 1,) filled with the bit at which each MCU begins, and where the last ends.
        predictors: (M + 1, C) filled with the DC predictors at these places.

    Returns:
        The bits stepped over, or CORRUPT.
    """
    window, held, word = np.uint64(0), 0, 0
    current = np.zeros(predictors.shape[1], np.int32)
    last = len(words) - 2
    for mcu in range(len(starts) - 1):
        starts[mcu] = word * 32 - held
        predictors[mcu] = current
        if word > last:
            return CORRUPT
        for block in range(len(blocks)):
            component = blocks[block]
            if held < 32:
                window |= np.uint64(words[word]) << np.uint64(32 - held)
                word, held = min(word + 1, last + 1), held + 32
            entry = int(dc[slots[component, 0], window >> _PEEK])
            if entry == 0:
                entry = long_code(np.int64(window >> np.uint64(48)), long_codes[0, slots[component, 0]], symbols[0, slots[component, 0]])
            length, size = entry >> 8, entry & 255
            if entry == 0 or size > 11:
                return CORRUPT
            window <<= np.uint64(length)
            if size:
                value = np.int64(window >> np.uint64(64 - size))
                if value < 1 << (size - 1):
                    value -= (1 << size) - 1
                current[component] += value
                window <<= np.uint64(size)
            held -= length + size
            table = slots[component, 1]
            at = 1
            while at < 64:
                if held < 32:
                    window |= np.uint64(words[word]) << np.uint64(32 - held)
                    word, held = min(word + 1, last + 1), held + 32
                step = int(steps[table, window >> _PEEK])
                ahead = at + ((step >> 8) & 255)
                if step and ahead + (step >> 16) <= 64:
                    window <<= np.uint64(step & 255)
                    held -= step & 255
                    at = 64 if step >> 16 else ahead
                    continue
                entry = int(ac[table, window >> _PEEK])
                if entry == 0:
                    entry = long_code(np.int64(window >> np.uint64(48)), long_codes[1, table], symbols[1, table])
                length, symbol = entry >> 8, entry & 255
                ahead = at + (symbol >> 4) + 1
                if entry == 0 or (symbol and ahead > 64) or (symbol & 15 == 0 and symbol not in (0, 0xF0)):
                    return CORRUPT
                window <<= np.uint64(length + (symbol & 15))
                held -= length + (symbol & 15)
                at = ahead if symbol else 64
    starts[len(starts) - 1] = word * 32 - held
    predictors[len(starts) - 1] = current
    return CORRUPT if word > last else word * 32 - held


@kernel
def long_code(bits: int, codes: Places, symbols: npt.NDArray[np.uint8]) -> int:
    """Decode one code by its length's range; `bits` are the next 16. Returns length << 8 | symbol, or 0."""
    for length in range(1, 17):
        place = (bits >> (16 - length)) - codes[length, 0]
        if 0 <= place < codes[length, 1]:
            return length << 8 | int(symbols[codes[length, 2] + place])
    return 0
