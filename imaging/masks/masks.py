"""Masks as COCO compressed counts over the whole displayed image: draw, join and describe them.

Everything equals pycocotools bit for bit; windows are cut from the run lengths, never from a full bitmap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as coco

from imaging.masks.contours import count_parts, tight_box
from imaging.masks.rle import MalformedMaskError, Mask, check_runs, format_counts, holds_pixel, paint_runs, parse_counts, window_runs

_POINT_BUDGET = 1 << 26
"""Outline points that COCO's rasteriser may allocate for one object; five a pixel of its perimeter."""


@dataclass(frozen=True, slots=True)
class MaskFacts:
    """What a mask is like: its tight box, area and topology, in px of the displayed image."""

    box_x: int
    box_y: int
    box_width: int
    box_height: int
    area: int
    components: int  # 8-connected parts
    holes: int  # 4-connected background parts that do not reach the frame
    owns_centre: bool  # the pixel (x + width // 2, y + height // 2) of the box is in the mask


def encode(mask: Mask) -> str:
    """Write an (H, W) bool mask as COCO compressed counts."""
    encoded = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return str(encoded["counts"].decode("ascii"))


def decode(counts: str, height: int, width: int) -> Mask:
    """Draw counts as an (H, W) bool mask.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
    """
    return paint_runs(parse_counts(counts, height, width), height, width)


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


def union(masks: Sequence[str], height: int, width: int) -> str:
    """Join masks of one image; of none, the empty mask."""
    if not masks:
        return format_counts(np.array([height * width], np.int64))
    for counts in masks:
        parse_counts(counts, height, width)
    joined = coco.merge([{"size": [height, width], "counts": counts.encode("ascii")} for counts in masks])
    return str(joined["counts"].decode("ascii"))


def mask_facts(counts: str, height: int, width: int) -> MaskFacts:
    """Describe a mask; an empty one has no box, no parts and no centre.

    Raises:
        MalformedMaskError: The counts do not describe a mask of that size.
    """
    runs = parse_counts(counts, height, width)
    area = int(runs[1::2].sum())
    if not area:
        return MaskFacts(0, 0, 0, 0, 0, 0, 0, False)
    x, y, box_width, box_height = (int(side) for side in tight_box(runs, height))
    inner = window_runs(runs, height, x, y, box_width, box_height)
    components, holes = count_parts(inner, box_height, box_width)
    owns_centre = holds_pixel(inner, box_height, box_width // 2, box_height // 2)
    return MaskFacts(x, y, box_width, box_height, area, components, holes, owns_centre)
