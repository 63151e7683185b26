"""Two masks in, exact edge counts for many radii out: one pass over rows of packed 64-bit words."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from evaluation.metrics.boundary import Mask, half_widths

Words = NDArray[np.uint64]
WORD_BITS = 64
COUNTS = ("dilated_predicted", "dilated_truth", "dilated_both", "predicted_near", "truth_near")
"""Columns of the counts of one radius: |D(Bp)|, |D(Bg)|, |D(Bp) & D(Bg)|, |Bp & D(Bg)|, |Bg & D(Bp)|."""


def _population_count(typing_context: Any, word: Any) -> Any:
    """Count the bits of a 64-bit word with the machine's own instruction, which LLVM also has for vectors."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


_ones: Any = intrinsic(_population_count)


def pack(mask: Mask) -> Words:
    """Pack each row of a mask into 64-bit words, the first pixel in the lowest bit, zeros beyond the last.

    Args:
        mask: (H, W) bool.

    Returns:
        (H, ceil(W / 64)) uint64.
    """
    height, width = mask.shape
    words = (width + WORD_BITS - 1) // WORD_BITS
    packed = np.packbits(mask, axis=1, bitorder="little")
    if packed.shape[1] != words * 8:
        whole = np.zeros((height, words * 8), dtype=np.uint8)
        whole[:, : packed.shape[1]] = packed
        packed = whole
    return packed.view("<u8")


def packed_edge_counts(predicted: Words, truth: Words, valid: Words, radii: tuple[int, ...]) -> NDArray[np.int64]:
    """Count boundary pixels and their dilations for every radius in one pass.

    Args:
        predicted: (H, words) uint64 from `pack`.
        truth: Same shape.
        valid: Same shape; zeros where pixels are ignored, and beyond the last column.
        radii: Dilation radii in pixels, each >= 0.

    Returns:
        (1 + R, 5) int64. Row 0 is |Bp|, |Bg|, |P|, |G|, |P & G| over valid pixels; row 1 + i holds `COUNTS` at radii[i].
    """
    edge_p, edge_g = np.empty_like(predicted), np.empty_like(truth)
    _boundary(predicted, valid, edge_p)
    _boundary(truth, valid, edge_g)
    counts = packed_outline_counts(edge_p, edge_g, valid, radii)
    _areas(predicted, truth, valid, counts)
    return counts


def packed_outline_counts(predicted: Words, truth: Words, valid: Words, radii: tuple[int, ...]) -> NDArray[np.int64]:
    """Count like `packed_edge_counts`, from outlines that are already drawn; the areas stay 0.

    Args:
        predicted: (H, words) uint64, the predicted outline, zero where pixels are ignored.
        truth: Same shape, the true outline.
        valid: Same shape; zeros where pixels are ignored.
        radii: Dilation radii in pixels, each >= 0.
    """
    runs = np.full((len(radii), max(radii, default=0) + 1), -1, dtype=np.int64)
    for index, radius in enumerate(radii):
        runs[index, : radius + 1] = half_widths(radius)
    counts = np.zeros((1 + len(radii), 5), dtype=np.int64)
    _count(predicted, truth, valid, runs, np.asarray(radii, dtype=np.int64), counts)
    return counts


@njit(cache=True, nogil=True)
def _boundary(mask: Words, valid: Words, out: Words) -> None:
    height, words = mask.shape
    one, top = np.uint64(1), np.uint64(63)
    ones = ~np.uint64(0)
    for y in range(height):
        for x in range(words):
            here = mask[y, x] | ~valid[y, x]
            left = mask[y, x - 1] | ~valid[y, x - 1] if x > 0 else ones
            right = mask[y, x + 1] | ~valid[y, x + 1] if x + 1 < words else ones
            inside = ((here << one) | (left >> top)) & ((here >> one) | (right << top))
            if y > 0:
                inside &= mask[y - 1, x] | ~valid[y - 1, x]
            if y + 1 < height:
                inside &= mask[y + 1, x] | ~valid[y + 1, x]
            out[y, x] = mask[y, x] & valid[y, x] & ~inside


@njit(cache=True, nogil=True)
def _rows(outline: Words) -> tuple[int, int]:
    """Return the first row that has any pixel, and one past the last."""
    height, words = outline.shape
    first, past = height, 0
    for y in range(height):
        found = np.uint64(0)
        for x in range(words):
            found |= outline[y, x]
        if found != np.uint64(0):
            first = min(first, y)
            past = y + 1
    return first, past


@njit(cache=True, nogil=True)
def _areas(predicted: Words, truth: Words, valid: Words, counts: NDArray[np.int64]) -> None:
    height, words = predicted.shape
    a, b, c = np.int64(0), np.int64(0), np.int64(0)
    for y in range(height):
        for x in range(words):
            p, g = predicted[y, x] & valid[y, x], truth[y, x] & valid[y, x]
            a += np.int64(_ones(p))
            b += np.int64(_ones(g))
            c += np.int64(_ones(p & g))
    counts[0, 2], counts[0, 3], counts[0, 4] = a, b, c


@njit(cache=True, nogil=True)
def _widen(boundary: Words, first: int, past: int, out: NDArray[np.uint64]) -> None:
    """Fill out[h] with the boundary's rows dilated horizontally by h pixels."""
    words = boundary.shape[1]
    one, top = np.uint64(1), np.uint64(63)
    for y in range(first, past):
        for x in range(words):
            out[0, y, x] = boundary[y, x]
    for h in range(1, out.shape[0]):
        for y in range(first, past):
            for x in range(words):
                here = out[h - 1, y, x]
                grown = here | (here << one) | (here >> one)
                if x > 0:
                    grown |= out[h - 1, y, x - 1] >> top
                if x + 1 < words:
                    grown |= out[h - 1, y, x + 1] << top
                out[h, y, x] = grown


@njit(cache=True, nogil=True)
def _dilate_row(wide: NDArray[np.uint64], first: int, past: int, runs: NDArray[np.int64], radius: int, y: int, out: Words) -> None:
    """Write row y of the disc dilation: the union of the rows around it, each widened by the disc's run there."""
    words = wide.shape[2]
    for x in range(words):
        out[x] = np.uint64(0)
    for dy in range(-radius, radius + 1):
        row = y + dy
        if row >= first and row < past:
            h = runs[abs(dy)]
            for x in range(words):
                out[x] |= wide[h, row, x]


@njit(cache=True, nogil=True)
def _count(
    edge_p: Words, edge_g: Words, valid: Words, runs: NDArray[np.int64], radii: NDArray[np.int64], counts: NDArray[np.int64]
) -> None:
    height, words = edge_p.shape
    levels = runs.shape[1]
    first_p, past_p = _rows(edge_p)
    first_g, past_g = _rows(edge_g)
    for y in range(height):
        for x in range(words):
            counts[0, 0] += np.int64(_ones(edge_p[y, x]))
            counts[0, 1] += np.int64(_ones(edge_g[y, x]))
    wide_p = np.empty((levels, height, words), dtype=np.uint64)
    wide_g = np.empty((levels, height, words), dtype=np.uint64)
    _widen(edge_p, first_p, past_p, wide_p)
    _widen(edge_g, first_g, past_g, wide_g)
    row_p = np.empty(words, dtype=np.uint64)
    row_g = np.empty(words, dtype=np.uint64)
    for index in range(radii.shape[0]):
        radius = radii[index]
        near = min(first_p, first_g) - radius
        for y in range(max(near, 0), min(max(past_p, past_g) + radius, height)):
            _dilate_row(wide_p, first_p, past_p, runs[index], radius, y, row_p)
            _dilate_row(wide_g, first_g, past_g, runs[index], radius, y, row_g)
            a, b, c, d, e = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
            for x in range(words):
                dilated_p, dilated_g = row_p[x] & valid[y, x], row_g[x] & valid[y, x]
                a += np.int64(_ones(dilated_p))
                b += np.int64(_ones(dilated_g))
                c += np.int64(_ones(dilated_p & dilated_g))
                d += np.int64(_ones(edge_p[y, x] & dilated_g))
                e += np.int64(_ones(edge_g[y, x] & dilated_p))
            counts[1 + index, 0] += a
            counts[1 + index, 1] += b
            counts[1 + index, 2] += c
            counts[1 + index, 3] += d
            counts[1 + index, 4] += e
