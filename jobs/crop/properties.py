"""Properties of instances that crops are sliced by: size, thinness, crowding."""

import numpy as np
import numpy.typing as npt

from imaging.kernels import kernel
from imaging.masks.rle import Mask

SMALL, LARGE = 32 * 32, 96 * 96
"""Area in px below which an object is small, and from which it is large. Source: COCO's detection evaluation."""


def sizes_of(areas: npt.NDArray[np.int64]) -> list[str]:
    """Name the size of objects by their areas in px: small, medium or large.

    Args:
        areas: (N,) int64, in px.
    """
    names: list[str] = np.array(["small", "medium", "large"])[np.searchsorted([SMALL, LARGE], areas, side="right")].tolist()
    return names


def thinness_of(mask: Mask) -> float:
    """Say how compact a shape is: 4 pi area / perimeter², at most 1, which a disc has; near 0 for a wire.

    The perimeter is pi / 4 of the pixel edges between inside and outside, which is right for a disc of any size.

    Args:
        mask: (H, W) bool that holds the whole shape; what lies beyond it is outside.

    Source: Cauchy-Crofton formula along rows and columns.
    """
    padded = np.pad(mask, 1)
    edges = int(np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1]))
    return float(thinness(np.count_nonzero(mask), edges))


def thinness(area: npt.ArrayLike, edges: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return `thinness_of` of many shapes.

    Args:
        area: (N,) areas in px, or one.
        edges: (N,) numbers of pixel edges between inside and outside, or one.

    Returns:
        (N,) float64 from 0 to 1, 0 for a shape without edges.
    """
    area, edges = np.asarray(area, np.float64), np.asarray(edges, np.float64)
    return np.where(edges > 0, np.minimum(1.0, 64 * area / (np.pi * np.maximum(edges, 1) ** 2)), 0.0)


def crowding_of(boxes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count for each box of one image how many of the others it meets.

    Args:
        boxes: (N, 4) left, top, width, height in px; half-open, so that boxes side by side do not meet.
    """
    met = np.zeros(len(boxes), np.int64)
    count_met(np.ascontiguousarray(boxes), met)
    return met


@kernel
def count_met(boxes: npt.NDArray[np.int64], met: npt.NDArray[np.int64]) -> None:
    """Do as `crowding_of`; adds to `met`.

    Args:
        boxes: (N, 4) int64 left, top, width, height in px.
        met: (N,) int64, added to.
    """
    for one in range(len(boxes)):
        left, top = boxes[one, 0], boxes[one, 1]
        right, bottom = left + boxes[one, 2], top + boxes[one, 3]
        for other in range(one + 1, len(boxes)):
            across = boxes[other, 0] < right and left < boxes[other, 0] + boxes[other, 2]
            if across and boxes[other, 1] < bottom and top < boxes[other, 1] + boxes[other, 3]:
                met[one] += 1
                met[other] += 1
