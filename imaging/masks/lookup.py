"""Counts the pixels of many masks and looks one pixel of each up, without painting any of them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from imaging.kernels import kernel
from imaging.masks.rle import Runs, parse_into, total_of

NO_MASK = -1
"""Pixels of counts that are malformed: no area equals it."""


def look_up(counts: pa.ChunkedArray, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the pixels of masks, and say whether each holds one of the pixels.

    Args:
        counts: (N,) text or bytes, COCO compressed counts; a null is malformed.
        positions: (N,) int64, of a pixel of each mask, counted down the columns from 0; a negative one is in no mask.

    Returns:
        (N,) int64 pixels of each mask, `NO_MASK` where the counts are malformed; (N,) bool, whether the mask holds the pixel.
    """
    array = pa.concat_arrays([pa.array([], pa.large_binary()), *(chunk.cast(pa.large_binary()) for chunk in counts.chunks)])
    _, offsets, data = array.buffers()
    begins = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    characters = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    pixels, held = np.zeros(len(array), np.int64), np.zeros(len(array), np.bool_)
    longest = int(np.diff(begins).max(initial=0))
    _look_up(characters, begins, np.ascontiguousarray(positions, np.int64), pixels, held, np.empty(longest, np.int64))
    return pixels, held


@kernel
def _look_up(characters: NDArray[np.uint8], begins: Runs, positions: Runs, pixels: Runs, held: NDArray[np.bool_], runs: Runs) -> None:
    for item in range(positions.size):
        found = parse_into(characters[begins[item] : begins[item + 1]], runs)
        if found <= 0 or total_of(runs[:found]) < 0:
            pixels[item] = NO_MASK
            continue
        begin = 0
        for index in range(found):
            end = begin + runs[index]
            if index % 2:
                pixels[item] += runs[index]
                held[item] |= begin <= positions[item] < end
            begin = end
