"""The windows that are cut: the instance's box enlarged by a drawn padding, around a chosen pixel.

All arrays are whole pixels of the displayed image. The *central pixel* of a box or window is
`(left + width // 2, top + height // 2)`.

Side of a window: the box's side with padding at either end, `side + 2 * round(padding * side)`, the padding drawn for
each instance, replica and axis from `CropSpec.padding`; then at most `max_side` (padding gives way, the box never) and
at least `min_side`. Frame: the window's central pixel is the box's, so that the window holds the whole box. In training
under `centre: shift` it is instead the instance's pixel nearest to the box's central pixel; the side stays as it was.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from imaging.masks.rle import MalformedMaskError, parse_counts
from jobs.balance.draws import Draws, draw, uniform
from jobs.columns import Flags, Whole, flags, texts, whole
from lake.configuration import CropSpec

CENTRE_COLUMNS = ("split", "box_x", "box_y", "box_width", "box_height", "owns_centre", "geometry", "image_height", "image_width")
"""What `centres` reads of an instance."""


@dataclass(frozen=True, slots=True)
class Centres:
    """The pixel on which each instance's windows are centred."""

    x: Whole
    y: Whole
    owned: Flags  # the pixel belongs to the instance


@dataclass(frozen=True, slots=True)
class Windows:
    """Where crops are cut; a window may overhang its image."""

    left: Whole
    top: Whole
    width: Whole
    height: Whole


def centres(instances: pa.Table, spec: CropSpec) -> Centres:
    """Choose the pixel on which an instance's windows are centred.

    Val and test always keep the box's central pixel: an annotator's box is not shifted.

    Args:
        instances: Rows of `instances`, with at least CENTRE_COLUMNS.
        spec: Says whether training windows are shifted.

    Returns:
        One pixel a row; `owned` is false where a window is not shifted, or the geometry has no pixel to shift to.
    """
    x = whole(instances, "box_x") + whole(instances, "box_width") // 2
    y = whole(instances, "box_y") + whole(instances, "box_height") // 2
    owned = flags(instances, "owns_centre")
    if spec.centre == "shift":
        training = texts(instances, "split") == "train"
        for row in np.flatnonzero(training & ~owned).tolist():
            found = nearest_owned_pixel(
                instances.column("geometry")[row].as_py(),
                instances.column("image_height")[row].as_py(),
                instances.column("image_width")[row].as_py(),
                x=int(x[row]),
                y=int(y[row]),
            )
            if found is not None:
                x[row], y[row] = found
                owned[row] = True
    return Centres(x, y, owned)


def windows(words: Draws, replicas: Whole, boxes: tuple[Whole, Whole], around: Centres, spec: CropSpec) -> Windows:
    """Draw the windows of planned crops.

    Args:
        words: (N,) first words of the instances' ids; see `jobs.balance.draws.id_words`.
        replicas: (N,) which cut of its instance each crop is, from 0.
        boxes: (N,) widths and (N,) heights of the instances' boxes, none above `max_side`.
        around: (N,) central pixels.
        spec: Padding, sides and seed.
    """
    width = _sides(words, replicas, boxes[0], "x", spec)
    height = _sides(words, replicas, boxes[1], "y", spec)
    return Windows(around.x - width // 2, around.y - height // 2, width, height)


def nearest_owned_pixel(counts: str, height: int, width: int, *, x: int, y: int) -> tuple[int, int] | None:
    """Find a mask's pixel nearest to a pixel of the image, from the mask's runs alone.

    Args:
        counts: COCO compressed counts of the mask on the whole image.
        height: Of the image.
        width: Of the image.
        x: Column of the pixel to be near to.
        y: Row of that pixel.

    Returns:
        `(x, y)` at the least Euclidean distance; of several the topmost, of these the leftmost. None where the counts
        are malformed or the mask is empty.
    """
    try:
        runs = parse_counts(counts, height, width)
    except MalformedMaskError:
        return None
    ends = np.cumsum(runs)
    first, past = ends[:-1:2], ends[1::2]
    filled = past > first
    first, past = first[filled], past[filled]
    if not first.size:
        return None
    columns, rows = _nearest_of_runs(first, past, height, x, y)
    distance = (columns - x) ** 2 + (rows - y) ** 2
    best = np.lexsort((columns, rows, distance))[0]
    return int(columns[best]), int(rows[best])


def _nearest_of_runs(first: Whole, past: Whole, height: int, x: int, y: int) -> tuple[Whole, Whole]:
    """Return, for each run, its nearest pixel in its first column, in its last, and in the whole columns between."""
    left, top = np.divmod(first, height)
    right, bottom = np.divmod(past - 1, height)
    one_column = left == right
    rows_left = np.clip(y, top, np.where(one_column, bottom, height - 1))
    rows_right = np.clip(y, np.where(one_column, top, 0), bottom)
    between = right - left > 1
    columns_between = np.clip(x, left[between] + 1, right[between] - 1)
    rows_between = np.full(columns_between.size, y)
    return np.concatenate([left, right, columns_between]), np.concatenate([rows_left, rows_right, rows_between])


def _sides(words: Draws, replicas: Whole, sides: Whole, axis: str, spec: CropSpec) -> Whole:
    low, high = spec.padding
    padding = np.empty(len(sides))
    for replica in np.unique(replicas).tolist():
        of_replica = replicas == replica
        drawn = draw(words[of_replica], "padding", spec.seed, replica, axis)
        padding[of_replica] = low + (high - low) * uniform(drawn)
    padded = sides + 2 * np.floor(padding * sides + 0.5).astype(np.int64)
    return np.asarray(np.clip(padded, spec.min_side, spec.max_side), np.int64)
