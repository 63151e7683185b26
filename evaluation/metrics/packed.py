"""Exact edge counts of two masks for many radii, in one pass over lines of packed 64-bit words.

A mask is laid on one line of words: row after row, the first pixel in the lowest bit, with spare words between the rows and
empty rows around them. A shift along the line is then a shift of every row at once, and a shift by the line's stride one of rows.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.boundary import half_widths
from imaging.bits import byte_address
from imaging.kernels import Instruction, kernel
from imaging.masks.rle import Mask

PackedWords = NDArray[np.uint64]
WORD_BITS = 64
COUNTS = ("dilated_predicted", "dilated_truth", "dilated_both", "predicted_near", "truth_near")
"""Columns of the counts of one radius: |D(Bp)|, |D(Bg)|, |D(Bp) & D(Bg)|, |Bp & D(Bg)|, |Bg & D(Bp)|."""

_CHUNK = 512
"""Words that are dilated and counted at a time: small enough for the first cache."""


def packed_edge_counts(
    predicted: Mask, truth: Mask, valid: Mask | None, radii: tuple[int, ...], *, drawn: bool = False
) -> NDArray[np.int64]:
    """Count boundary pixels and their dilations for every radius in one pass.

    Args:
        predicted: (H, W) bool.
        truth: (H, W) bool, same frame.
        valid: (H, W) bool, False where pixels are ignored; None when none are.
        radii: Dilation radii in pixels, each >= 0.
        drawn: The masks are outlines already, of any definition: take them as they are, without their ignored pixels.

    Returns:
        (1 + R, 5) int64. Row 0 is |Bp|, |Bg|, |P|, |G|, |P & G| over valid pixels; row 1 + i holds `COUNTS` at radii[i].
    """
    runs, largest = _runs(radii)
    rows = max(1, min(largest, truth.shape[0]))
    spare = 1 + largest // 32  # what grows out of one row must not grow into the next
    bytes_p, bytes_g, bytes_v = (
        np.ascontiguousarray(mask).view(np.uint8) for mask in (predicted, truth, truth if valid is None else valid)
    )
    return np.asarray(_count(bytes_p, bytes_g, bytes_v, valid is None, drawn, runs, rows, spare))


@lru_cache(maxsize=256)
def _runs(radii: tuple[int, ...]) -> tuple[NDArray[np.int64], int]:
    """Return for each radius how many rows its disc reaches and its run in each of them, and the largest radius."""
    largest = max(radii, default=0)
    runs = np.zeros((len(radii), largest + 2), dtype=np.int64)
    for index, radius in enumerate(radii):
        runs[index, 0] = radius
        runs[index, 1 : radius + 2] = half_widths(radius)
    return runs, largest


@Instruction
def _ones(typing_context: Any, word: Any) -> Any:
    """Count the bits of a 64-bit word with the machine's own instruction, which LLVM also has for vectors."""
    from numba import types

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


@Instruction
def _packed(typing_context: Any, flat: Any, start: Any) -> Any:
    """Pack 64 bytes into a word, one bit a byte that is not 0: a single vector comparison."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import types

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), WORD_BITS)
        array, index = arguments
        address = byte_address(context, builder, signature.args[0], array, index, WORD_BITS)
        place = builder.bitcast(address, vector.as_pointer())
        bytes_read = builder.load(place, align=1)
        return builder.bitcast(builder.icmp_unsigned("!=", bytes_read, ir.Constant(vector, None)), ir.IntType(64))

    return types.uint64(types.Array(types.uint8, 1, "C"), types.int64), build


@kernel
def _line(mask: NDArray[np.uint8], rows: int, spare: int) -> PackedWords:
    """Lay an (H, W) mask of bytes on one line."""
    height, width = mask.shape
    whole, rest = width // WORD_BITS, width % WORD_BITS
    stride = whole + (rest > 0) + spare
    line = np.zeros((height + 2 * rows) * stride + 2 * spare, dtype=np.uint64)
    flat = mask.reshape(-1)
    tail = np.zeros(WORD_BITS, dtype=np.uint8)
    for y in range(height):
        start, place = y * width, spare + (y + rows) * stride
        for x in range(whole):
            line[place + x] = _packed(flat, np.int64(start + WORD_BITS * x))
        if rest:
            tail[:rest] = flat[start + WORD_BITS * whole : start + width]
            line[place + whole] = _packed(tail, np.int64(0))
    return line


@kernel
def _full_line(height: int, width: int, rows: int, spare: int) -> PackedWords:
    """Lay out a mask that is True everywhere."""
    whole, rest = width // WORD_BITS, width % WORD_BITS
    stride = whole + (rest > 0) + spare
    line = np.zeros((height + 2 * rows) * stride + 2 * spare, dtype=np.uint64)
    for y in range(height):
        place = spare + (y + rows) * stride
        line[place : place + whole] = ~np.uint64(0)
        if rest:
            line[place + whole] = (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
    return line


@kernel
def _boundary(mask: PackedWords, valid: PackedWords, low: int, high: int, stride: int) -> PackedWords:
    """Return the inner boundary of a line; spare words are not valid, so beyond the frame all counts as inside."""
    one, top = np.uint64(1), np.uint64(63)
    solid = mask | ~valid
    left, here, right = solid[low - 1 : high - 1], solid[low:high], solid[low + 1 : high + 1]
    above, below = solid[low - stride : high - stride], solid[low + stride : high + stride]
    inner, open_here = mask[low:high], valid[low:high]
    edge = np.zeros_like(mask)
    out = edge[low:high]
    for k in range(high - low):
        word = here[k]
        inside = ((word << one) | (left[k] >> top)) & ((word >> one) | (right[k] << top)) & above[k] & below[k]
        out[k] = inner[k] & open_here[k] & ~inside
    return edge


@kernel
def _widen(line: PackedWords, levels: int) -> NDArray[np.uint64]:
    """Return the line dilated along itself by 0, 1, … pixels."""
    one, top = np.uint64(1), np.uint64(63)
    wide = np.empty((levels, line.shape[0]), dtype=np.uint64)
    wide[0] = line
    size = line.shape[0] - 2
    for level in range(1, levels):
        before, here, after = wide[level - 1, :size], wide[level - 1, 1 : size + 1], wide[level - 1, 2:]
        grown = wide[level, 1 : size + 1]
        for k in range(size):
            word = here[k]
            grown[k] = word | (word << one) | (word >> one) | (before[k] >> top) | (after[k] << top)
        wide[level, 0] = np.uint64(0)
        wide[level, size + 1] = np.uint64(0)
    return wide


@kernel
def _dilate(wide: NDArray[np.uint64], runs: NDArray[np.int64], reach: int, stride: int, start: int, out: PackedWords) -> None:
    """Write the words from start on of the disc dilation: the union of the rows around, each widened by the disc's run."""
    count = out.shape[0]
    level = wide[runs[0], start : start + count]
    for k in range(count):
        out[k] = level[k]
    for dy in range(1, reach + 1):
        above = wide[runs[dy], start - dy * stride : start - dy * stride + count]
        below = wide[runs[dy], start + dy * stride : start + dy * stride + count]
        for k in range(count):
            out[k] |= above[k] | below[k]


@kernel
def _count(
    predicted: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    all_valid: bool,
    drawn: bool,
    runs: NDArray[np.int64],
    rows: int,
    spare: int,
) -> NDArray[np.int64]:
    height, width = truth.shape
    stride = (width + WORD_BITS - 1) // WORD_BITS + spare
    line_p, line_g = _line(predicted, rows, spare), _line(truth, rows, spare)
    line_v = _full_line(height, width, rows, spare) if all_valid else _line(valid, rows, spare)
    low, high = rows * stride, line_v.shape[0] - rows * stride
    edge_p = line_p & line_v if drawn else _boundary(line_p, line_v, low, high, stride)
    edge_g = line_g & line_v if drawn else _boundary(line_g, line_v, low, high, stride)
    counts = np.zeros((1 + runs.shape[0], 5), dtype=np.int64)
    counts[0, 0], counts[0, 1] = _total(edge_p), _total(edge_g)
    _add_areas(line_p, line_g, line_v, counts[0])
    wide_p, wide_g = _widen(edge_p, runs.shape[1] - 1), _widen(edge_g, runs.shape[1] - 1)
    chunk_p, chunk_g = np.empty(_CHUNK, dtype=np.uint64), np.empty(_CHUNK, dtype=np.uint64)
    for index in range(runs.shape[0]):
        reach = min(runs[index, 0], rows)
        for start in range(low, high, _CHUNK):
            stop = min(start + _CHUNK, high)
            near_p, near_g = chunk_p[: stop - start], chunk_g[: stop - start]
            _dilate(wide_p, runs[index, 1:], reach, stride, start, near_p)
            _dilate(wide_g, runs[index, 1:], reach, stride, start, near_g)
            _add(near_p, near_g, edge_p[start:stop], edge_g[start:stop], line_v[start:stop], counts[1 + index])
    return counts


@kernel
def _add_areas(predicted: PackedWords, truth: PackedWords, valid: PackedWords, counts: NDArray[np.int64]) -> None:
    a, b, c = np.int64(0), np.int64(0), np.int64(0)
    for k in range(predicted.shape[0]):
        p, g = predicted[k] & valid[k], truth[k] & valid[k]
        a += np.int64(_ones(p))
        b += np.int64(_ones(g))
        c += np.int64(_ones(p & g))
    counts[2], counts[3], counts[4] = a, b, c


@kernel
def _add(
    near_p: PackedWords, near_g: PackedWords, edge_p: PackedWords, edge_g: PackedWords, valid: PackedWords, counts: NDArray[np.int64]
) -> None:
    a, b, c, d, e = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for k in range(near_p.shape[0]):
        p, g = near_p[k] & valid[k], near_g[k] & valid[k]
        a += np.int64(_ones(p))
        b += np.int64(_ones(g))
        c += np.int64(_ones(p & g))
        d += np.int64(_ones(edge_p[k] & g))
        e += np.int64(_ones(edge_g[k] & p))
    counts[0] += a
    counts[1] += b
    counts[2] += c
    counts[3] += d
    counts[4] += e


@kernel
def _total(line: PackedWords) -> np.int64:
    total = np.int64(0)
    for k in range(line.shape[0]):
        total += np.int64(_ones(line[k]))
    return total
