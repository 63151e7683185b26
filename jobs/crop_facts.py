"""An instance's mask and its neighbours' boxes in, the facts that crops are sliced by out."""

import numpy as np
import numpy.typing as npt

from lake.runs import Mask

_ROWS_AT_ONCE = 256
"""Boxes that are compared with all others at once: bounds the memory for an image of thousands."""

SMALL, LARGE = 32 * 32, 96 * 96
"""Area in px below which an object is small, and from which it is large. Source: COCO's detection evaluation."""


def size_of(area: int) -> str:
    """Name the size of an object by its area in px: small, medium or large."""
    if area < SMALL:
        return "small"
    return "medium" if area < LARGE else "large"


def thinness_of(mask: Mask) -> float:
    """Say how compact a shape is: 4 pi area / perimeter², at most 1, which a disc has; near 0 for a wire.

    The perimeter is pi / 4 of the pixel edges between inside and outside, which is right for a disc of any size.

    Args:
        mask: (H, W) bool that holds the whole shape; what lies beyond it is outside.

    Source: Cauchy-Crofton formula along rows and columns.
    """
    padded = np.pad(mask, 1)
    edges = int(np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1]))
    return thinness(int(np.count_nonzero(mask)), edges)


def thinness(area: int, edges: int) -> float:
    """Return `thinness_of` from the area in px and the number of pixel edges on the outline."""
    return min(1.0, 64 * area / (np.pi * edges**2)) if edges else 0.0


def crowding_of(boxes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count for each box how many of the others it meets.

    Args:
        boxes: (N, 4) left, top, width, height in px; half-open, so that boxes side by side do not meet.
    """
    left, top = boxes[:, 0], boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    met = np.empty(len(boxes), np.int64)
    for first in range(0, len(boxes), _ROWS_AT_ONCE):
        some = slice(first, first + _ROWS_AT_ONCE)
        across = (left < right[some, None]) & (left[some, None] < right)
        met[some] = np.count_nonzero(across & (top < bottom[some, None]) & (top[some, None] < bottom), axis=1) - 1
    return met
