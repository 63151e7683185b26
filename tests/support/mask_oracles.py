"""Masks drawn and described one by one, as tests and benchmarks compare the library's batches with.

Everything equals pycocotools bit for bit; boxes, parts and holes are found from the run lengths, by other code than the library's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from imaging.crop_codec import COCO_RLE
from imaging.kernels import kernel
from imaging.masks.masks import encode
from imaging.masks.rle import MalformedMaskError, Mask, Runs, check_runs, format_counts, paint_runs, parse_counts, window_runs

_POINT_BUDGET = 1 << 26
"""Outline points that COCO's rasteriser may allocate for one object; five a pixel of its perimeter."""


@dataclass(frozen=True, slots=True)
class MaskProperties:
    """What a mask is like: its tight box, area and topology, in px of the displayed image."""

    box_x: int
    box_y: int
    box_width: int
    box_height: int
    area: int
    components: int  # 8-connected parts
    holes: int  # 4-connected background parts that do not reach the frame
    owns_centre: bool  # the pixel (x + width // 2, y + height // 2) of the box is in the mask


def decode_window(counts: str, height: int, width: int, left: int, top: int, window_width: int, window_height: int) -> Mask:
    """Draw what of a mask lies in a window.

    Args:
        counts: The mask on the whole image.
        height: Of the image, in px.
        width: Of the image, in px.
        left: Of the window, in px of the image, as the next three; the window lies on the image.
        top: Of the window.
        window_width: Of the window, at least 1.
        window_height: Of the window, at least 1.

    Returns:
        (window_height, window_width) bool.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
        ValueError: The window leaves the image or is empty.
    """
    check_window(height, width, left, top, window_width, window_height)
    runs = parse_counts(counts, height, width)
    return paint_runs(window_runs(runs, height, left, top, window_width, window_height), window_height, window_width)


def check_window(height: int, width: int, left: int, top: int, window_width: int, window_height: int) -> None:
    """Raise ValueError unless the window is not empty and lies on the image."""
    on_image = 0 <= left <= left + window_width <= width and 0 <= top <= top + window_height <= height
    if not on_image or window_width < 1 or window_height < 1:
        raise ValueError(
            f"expected a window on the {width} x {height} px image, got left {left}, top {top}, width {window_width}, "
            f"height {window_height}; clip it to the image first"
        )


def polygons_to_counts(polygons: Sequence[Sequence[float]], height: int, width: int) -> str:
    """Rasterise the polygons of one object with COCO's own semantics.

    Args:
        polygons: Each `[x0, y0, x1, y1, …]` in px, at least three points; parts are joined.
        height: Of the image, in px.
        width: Of the image, in px.

    Raises:
        MalformedMaskError: No polygon, fewer than three points, an odd or non-finite number, or an absurd length.
    """
    if not polygons:
        raise MalformedMaskError("expected at least one polygon, got none")
    points = 0.0
    for polygon in polygons:
        numbers = np.asarray(polygon, np.float64)
        if numbers.ndim != 1 or numbers.size < 6 or numbers.size % 2:
            raise MalformedMaskError(f"expected x, y in turn of at least 3 points, got {numbers.size} numbers")
        corners = numbers.reshape(-1, 2)
        # A sum that overflows or meets a NaN fails the comparison below, as it should.
        points += float(np.abs(5 * np.diff(corners, axis=0, append=corners[:1])).max(axis=1).sum())
        if not points <= _POINT_BUDGET or np.abs(corners).max() > _POINT_BUDGET:
            raise MalformedMaskError(f"a polygon's outline is not finite or beyond {_POINT_BUDGET // 5:,} px in all")
    encoded = coco.frPyObjects([list(map(float, polygon)) for polygon in polygons], height, width)
    return str(coco.merge(encoded)["counts"].decode("ascii"))


def uncompressed_to_counts(runs: Sequence[int], height: int, width: int) -> str:
    """Compress COCO's uncompressed run lengths.

    Raises:
        MalformedMaskError: A length is negative or no number, or they do not fill the image.
    """
    try:
        lengths = np.asarray(runs, np.int64)
    except (TypeError, ValueError, OverflowError):
        raise MalformedMaskError("expected whole run lengths, got other values") from None
    if lengths.ndim != 1:
        raise MalformedMaskError(f"expected a flat list of run lengths, got {lengths.ndim} dimensions")
    return format_counts(check_runs(lengths, height, width))


def mask_properties(counts: str, height: int, width: int) -> MaskProperties:
    """Describe a mask; an empty one has no box, no parts and no centre.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
    """
    runs = parse_counts(counts, height, width)
    area = int(runs[1::2].sum())
    if not area:
        return MaskProperties(0, 0, 0, 0, 0, 0, 0, False)
    x, y, box_width, box_height = (int(side) for side in tight_box(runs, height))
    inner = window_runs(runs, height, x, y, box_width, box_height)
    components, holes = count_parts(inner, box_height, box_width)
    owns_centre = holds_pixel(inner, box_height, box_width // 2, box_height // 2)
    return MaskProperties(x, y, box_width, box_height, area, components, holes, owns_centre)


def encode_mask(mask: Mask) -> tuple[str, bytes]:
    """Encode an (H, W) bool mask exactly; returns the codec's name and the bytes."""
    return COCO_RLE, encode(mask).encode("ascii")


def holds_pixel(runs: Runs, height: int, x: int, y: int) -> bool:
    """Say whether the pixel in column x and row y of an image of that height is in the mask.

    Args:
        runs: (R,) int64 run lengths of the whole image.
        height: Of the image, in px.
        x: Column of the pixel, in px.
        y: Row of the pixel, in px.
    """
    return bool(np.searchsorted(np.cumsum(runs), x * height + y, side="right") % 2)


@kernel
def tight_box(runs: Runs, height: int) -> tuple[int, int, int, int]:
    """Return x, y, width and height in px of the smallest box around a mask that is not empty.

    Args:
        runs: Of the whole image.
        height: Of the image, in px.
    """
    left = top = 1 << 62
    right = bottom = -1
    position = 0
    for index in range(len(runs)):
        begin, position = position, position + int(runs[index])
        if index & 1 == 0 or begin == position:
            continue
        first, last = begin // height, (position - 1) // height
        left, right = min(left, first), max(right, last)
        if first == last:
            top, bottom = min(top, begin - first * height), max(bottom, position - 1 - last * height)
        else:
            top, bottom = 0, height - 1
    return left, top, right - left + 1, bottom - top + 1


@kernel
def count_parts(runs: Runs, height: int, width: int) -> tuple[int, int]:
    """Count the 8-connected parts of a mask and its holes: 4-connected outside parts that do not reach the frame.

    Args:
        runs: Of a frame that holds the whole mask.
        height: Of the frame, in px.
        width: Of the frame, in px.
    """
    room = len(runs) + width
    tops, bottoms = np.empty(room, np.int64), np.empty(room, np.int64)
    colours, parents = np.empty(room, np.int64), np.empty(room, np.int64)
    framed = np.zeros(room, np.bool_)
    count = index = 0
    before = current = 0  # first segments of the last column and of this one
    left = runs[0]
    for column in range(width):
        row = 0
        while row < height:
            while left == 0:
                index += 1
                left = runs[index]
            length = min(left, height - row)
            tops[count], bottoms[count], colours[count], parents[count] = row, row + length, index & 1, count
            framed[count] = row == 0 or row + length == height or column == 0 or column == width - 1
            row, left, count = row + length, left - length, count + 1
        _join_columns(tops, bottoms, colours, parents, framed, before, current, count)
        before, current = current, count
    parts = holes = 0
    for segment in range(count):
        if parents[segment] == segment:
            parts += colours[segment]
            holes += 1 - colours[segment] if not framed[segment] else 0
    return parts, holes


@kernel
def _join_columns(
    tops: Runs, bottoms: Runs, colours: Runs, parents: Runs, framed: npt.NDArray[np.bool_], before: int, current: int, end: int
) -> None:
    """Unite the segments of a column with those they touch in the column before."""
    first = before
    for segment in range(current, end):
        while first < current and bottoms[first] < tops[segment]:
            first += 1
        other = first
        while other < current and tops[other] <= bottoms[segment]:
            reach = colours[segment]  # inside also touches over a corner
            if colours[other] == reach and tops[other] < bottoms[segment] + reach and tops[segment] < bottoms[other] + reach:
                one, two = _root(parents, segment), _root(parents, other)
                parents[max(one, two)] = min(one, two)
                framed[min(one, two)] |= framed[max(one, two)]
            other += 1


@kernel
def _root(parents: Runs, segment: int) -> int:
    while parents[segment] != segment:
        parents[segment] = parents[parents[segment]]
        segment = parents[segment]
    return segment
