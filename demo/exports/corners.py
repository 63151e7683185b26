"""Traces masks as polygons on the corners of pixels: drawn again, they are the mask, pixel for pixel."""

import cv2
import numpy as np

from imaging.masks.rle import Mask

Outline = list[tuple[int, int]]
_Runs = dict[tuple[int, int, int], int]


def outlines(mask: Mask) -> tuple[list[Outline], list[Outline]]:
    """Trace the borders between a mask and what is outside it.

    Args:
        mask: (H, W) bool.

    Returns:
        The outer outlines, clockwise, and those of the holes, anti-clockwise: each a list of (x, y) corners of pixels,
        0 to W and 0 to H, where the border turns. Pixels that only touch by a corner have outlines of their own.
    """
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    tight = mask[top : top + height, left : left + width]
    across, down = _across(tight), _down(tight)
    unused = dict.fromkeys(across)
    outer: list[Outline] = []
    holes: list[Outline] = []
    while unused:
        outline = _loop(next(iter(unused)), across, down, unused)
        placed = [(x + left, y + top) for x, y in outline]
        (outer if _signed_area(outline) > 0 else holes).append(placed)
    return outer, holes


def single_outline(mask: Mask) -> Outline | None:
    """Return the outline of a mask (H, W) of one part without holes, None for others."""
    outer, holes = outlines(mask)
    return None if holes or len(outer) > 1 else outer[0]


def one_ring(mask: Mask) -> Outline:
    """Return all outlines of a mask (H, W) as one: from the first's start to each other's, around it, and back the same way."""
    outer, holes = outlines(mask)
    first, *others = [*outer, *holes]
    joined = [*first, first[0]] if others else first
    for other in others:
        joined += [*other, other[0], first[0]]
    return joined


def flat(outline: Outline) -> list[int]:
    """Return x, y, x, y, … as COCO writes a polygon."""
    return [coordinate for corner in outline for coordinate in corner]


def as_xy(outline: Outline) -> list[dict[str, float]]:
    """Return a mapping of x and y for each corner."""
    return [{"x": float(x), "y": float(y)} for x, y in outline]


def _across(mask: Mask) -> _Runs:
    """Horizontal border runs, the inside on the right hand: (x, y, step) of the start -> x of the end."""
    height, width = mask.shape
    padded = np.zeros((height + 2, width + 2), np.int8)
    padded[1:-1, 1:-1] = mask
    edge = padded[1:] - padded[:-1]  # 1 where the inside begins below, -1 where it ends
    runs: _Runs = {}
    for step in (1, -1):
        change = np.diff((edge == step).astype(np.int8), axis=1)
        y, first = np.nonzero(change == 1)
        _, last = np.nonzero(change == -1)
        starts, ends = (first, last) if step == 1 else (last, first)
        runs.update(zip(zip(starts.tolist(), y.tolist(), [step] * len(y), strict=True), ends.tolist(), strict=True))
    return runs


def _down(mask: Mask) -> _Runs:
    """Vertical border runs, the inside on the right hand: (x, y, step) of the start -> y of the end."""
    return {(x, end, -step): y for (y, x, step), end in _across(mask.T).items()}


def _loop(start: tuple[int, int, int], across: _Runs, down: _Runs, unused: dict[tuple[int, int, int], None]) -> Outline:
    """Follow a border, turning right where two ways lead on, until it comes back to its start."""
    outline: Outline = []
    x, y, step = start
    while (x, y, step) in unused:
        del unused[(x, y, step)]
        outline.append((x, y))
        x = across[(x, y, step)]
        outline.append((x, y))
        turn = step if (x, y, step) in down else -step
        y = down[(x, y, turn)]
        step = -turn if (x, y, -turn) in across else turn
    return outline


def _signed_area(outline: Outline) -> int:
    x, y = np.asarray(outline, np.int64).T
    return int(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
