"""A perceptual hash: copies of an image that were resized or encoded again differ in a few of 64 bits.

All arithmetic is on integers, so an image has one hash on every machine.

Source: the DCT hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1.
"""

import cv2
import numpy as np
import numpy.typing as npt

LEAST_CONTRAST = 4
"""Grey levels between the 5th and 95th percentile below which an image has no hash: all flat images look alike."""

_SIDE = 32
_FREQUENCIES = 8
_SCALE = 1 << 14
_REDUCE_FROM = 512  # px of the shorter side: an eighth of it still fills the grid


def _cosines() -> npt.NDArray[np.int64]:
    positions, frequencies = np.arange(_SIDE), np.arange(1, _FREQUENCIES + 1)
    angles = np.pi * np.outer(frequencies, 2 * positions + 1) / (2 * _SIDE)
    return np.asarray(np.rint(np.cos(angles) * _SCALE), np.int64)


_COSINES = _cosines()


def image_hash(data: bytes, *, width: int, height: int) -> str | None:
    """Return the hash of an encoded image, in its displayed frame.

    Args:
        data: The file's bytes; its size has been checked against the pixel budget.
        width: Of the image in px, as its header says.
        height: Likewise.

    Returns:
        16 hexadecimal digits, or None where the image cannot be decoded or is flat.
    """
    reduced = min(width, height) >= _REDUCE_FROM
    flag = cv2.IMREAD_REDUCED_GRAYSCALE_8 if reduced else cv2.IMREAD_GRAYSCALE
    try:
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None
    return None if grey is None else grey_hash(np.asarray(grey, np.uint8))


def grey_hash(grey: npt.NDArray[np.uint8]) -> str | None:
    """Return the hash of grey pixels.

    Args:
        grey: (H, W) uint8.

    Returns:
        16 hexadecimal digits: for each of 8 x 8 low frequencies, whether it is above their median. None for an image
        without contrast.
    """
    low, high = np.percentile(grey, (5, 95), method="lower")
    if int(high) - int(low) < LEAST_CONTRAST:
        return None
    grid = _grid(grey)
    spectrum = (_COSINES @ grid @ _COSINES.T).ravel()
    bits = spectrum > np.partition(spectrum, spectrum.size // 2)[spectrum.size // 2]
    return np.packbits(bits).tobytes().hex()


def _grid(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Average the image over a grid of cells, in 1/16 of a grey level."""
    rows, columns = (_edges(side) for side in grey.shape)
    integral = np.zeros((grey.shape[0] + 1, grey.shape[1] + 1), np.int64)
    integral[1:, 1:] = grey.astype(np.int64).cumsum(0).cumsum(1)
    top, bottom, left, right = rows[0], rows[1], columns[0], columns[1]
    sums = integral[np.ix_(bottom, right)] - integral[np.ix_(top, right)] - integral[np.ix_(bottom, left)] + integral[np.ix_(top, left)]
    return np.asarray(16 * sums // np.outer(bottom - top, right - left), np.int64)


def _edges(side: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cut a side into the grid's cells, each at least 1 px; cells of a side under 32 px share pixels."""
    starts = np.arange(_SIDE) * side // _SIDE
    ends = np.maximum((np.arange(_SIDE) + 1) * side // _SIDE, starts + 1)
    return starts, ends
