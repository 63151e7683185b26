"""Decodes Label Studio's brush code: a bit-packed run-length code over a flattened RGBA image.

32 bits of length, 5 bits of word size less 1, four run sizes of 4 bits less 1; then blocks: a bit that says whether one
word repeats, 2 bits that choose the run size, the run's length less 1, and one word or as many as the run is long.

Source: github.com/thi-ng/umbrella, packages/rle-pack, the format that Label Studio writes.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernels import kernel
from jobs.sources.rasters.bitmaps import LARGEST_BITMAP, MalformedBitmapError

_BROKEN = -1


def decode_brush(code: NDArray[np.uint8], height: int, width: int) -> NDArray[np.bool_]:
    """Decode a brush stroke's mask: the alpha channel, where it is not 0.

    Args:
        code: (N,) uint8, the bytes of the code.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        (height, width) bool.

    Raises:
        MalformedBitmapError: The code is cut off, or is not of an RGBA image of that size.
    """
    values = 4 * height * width
    if values > 4 * LARGEST_BITMAP * 8:
        raise MalformedBitmapError(f"a brush mask of {width} x {height} px is too large")
    mask = np.zeros(height * width, np.bool_)
    found = _decode(code, values, mask)
    if found != values:
        raise MalformedBitmapError(f"expected a brush code of {width} x {height} RGBA pixels, got another or one cut off")
    return mask.reshape(height, width)


@kernel
def _bits(code: NDArray[np.uint8], at: int, count: int) -> int:
    value = 0
    for bit in range(at, at + count):
        value = value << 1 | (code[bit >> 3] >> (7 - (bit & 7))) & 1
    return value


@kernel
def _decode(code: NDArray[np.uint8], values: int, mask: NDArray[np.bool_]) -> int:
    end = code.size * 8
    if end < 53 or _bits(code, 0, 32) != values:
        return _BROKEN
    word = _bits(code, 32, 5) + 1
    sizes = (_bits(code, 37, 4) + 1, _bits(code, 41, 4) + 1, _bits(code, 45, 4) + 1, _bits(code, 49, 4) + 1)
    at, done = 53, 0
    while done < values:
        if at + 3 > end:
            return _BROKEN
        repeats = _bits(code, at, 1)
        size = sizes[_bits(code, at + 1, 2)]
        if at + 3 + size > end:
            return _BROKEN
        stop = done + 1 + _bits(code, at + 3, size)
        at += 3 + size
        if stop > values or at + word * (1 if repeats else stop - done) > end:
            return _BROKEN
        value = _bits(code, at, word)
        for position in range(done, stop):
            if not repeats:
                value = _bits(code, at, word)
                at += word
            if position & 3 == 3 and value:
                mask[position >> 2] = True
        if repeats:
            at += word
        done = stop
    return done
