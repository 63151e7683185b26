"""Masks as COCO compressed counts in, their pixels counted and one pixel of each looked up out, without unpacking them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from imaging.kernels import kernel

NO_MASK = -1
"""Pixels of counts that are malformed: no area equals it."""


def look_up(counts: pa.ChunkedArray, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the pixels of masks, and say whether each holds one of the pixels.

    Args:
        counts: (N,) text or bytes; a null is malformed.
        positions: (N,) of a pixel of each mask, counted down the columns from 0; a negative one is in no mask.

    Returns:
        (N,) pixels of each mask, `NO_MASK` where the counts are malformed; (N,) whether the mask holds the pixel.
    """
    array = pa.concat_arrays([pa.array([], pa.large_binary()), *(chunk.cast(pa.large_binary()) for chunk in counts.chunks)])
    _, offsets, data = array.buffers()
    begins = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    characters = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    pixels, held = np.zeros(len(array), np.int64), np.zeros(len(array), np.bool_)
    _look_up(characters, begins, np.ascontiguousarray(positions, np.int64), pixels, held)
    return pixels, held


@kernel
def _look_up(
    characters: NDArray[np.uint8],
    begins: NDArray[np.int64],
    positions: NDArray[np.int64],
    pixels: NDArray[np.int64],
    held: NDArray[np.bool_],
) -> None:
    for item in range(positions.size):
        place, end = begins[item], begins[item + 1]
        count, at, total = 0, np.int64(0), np.int64(0)
        second, third = np.int64(0), np.int64(0)  # lengths of the last run and of the one before
        sound = place < end
        while place < end:
            value, shift = np.int64(0), 0
            more = True
            while more and sound:
                digit = np.int64(characters[place]) - 48 if place < end else np.int64(-1)
                place += 1
                if digit < 0 or digit > 63 or shift > 55:
                    sound = False
                    break
                value |= (digit & 31) << shift
                shift += 5
                more = digit & 32 != 0
                if not more and digit & 16:
                    value -= np.int64(1) << shift
            if not sound:
                break
            length = value + third if count > 2 else value
            if length < 0:
                sound = False
                break
            if count % 2:
                total += length
                if at <= positions[item] < at + length:
                    held[item] = True
            third, second = second, length
            at += length
            count += 1
        pixels[item] = total if sound else NO_MASK
        held[item] = held[item] and sound
