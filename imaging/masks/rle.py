"""COCO's run lengths: parsed from compressed counts, formatted, painted, and cut to windows without a bitmap.

Runs are int64 lengths in column-major order (down each column, then right), background and foreground in turn,
background first and possibly 0 long; they sum to height * width.

Source: maskApi.c of the COCO API (rleToString, rleFrString): five bits a character from '0' on, bit 0x20 says that
more follow, bit 0x10 of the last is the sign; from the fourth run on, the difference to the run two before is kept.
"""

import numpy as np
import numpy.typing as npt

from imaging.kernels import kernel
from lake.errors import InputError

Runs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LONGEST = 13
"""Characters of a 64-bit value."""

_FOREIGN, _CUT_OFF, _TOO_LONG, _NEGATIVE = -1, -2, -3, -4


class MalformedMaskError(InputError):
    """Counts, polygons or a bitmap do not describe a mask of the size that was stated."""


def parse_counts(counts: str, height: int, width: int) -> Runs:
    """Read compressed counts.

    Args:
        counts: COCO's compressed counts.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        (N,) int64 run lengths that sum to height * width.

    Raises:
        MalformedMaskError: A character is foreign, a value is cut off, or the runs do not fill the image.
    """
    try:
        characters = np.frombuffer(counts.encode("ascii"), np.uint8)
    except UnicodeEncodeError:
        raise MalformedMaskError("expected COCO counts in ASCII, got other characters; export the mask again") from None
    runs = np.empty(len(characters), np.int64)
    found = parse_into(characters, runs)
    if found < 0:
        raise MalformedMaskError(_complaint(found, counts))
    return check_runs(runs[:found], height, width)


def check_runs(runs: Runs, height: int, width: int) -> Runs:
    """Return `runs` when they are non-negative and fill the image, else raise MalformedMaskError.

    Args:
        runs: (R,) int64 run lengths.
        height: Of the image, in px.
        width: Of the image, in px.
    """
    total = total_of(runs)
    if total < 0:
        raise MalformedMaskError("expected run lengths of at least 0, got a negative one; export the mask again")
    if total != height * width:
        raise MalformedMaskError(
            f"run lengths sum to {total:,} px, but {height} x {width} px (height x width) are {height * width:,}; "
            "the mask belongs to another image or the sizes are swapped"
        )
    return runs


def format_counts(runs: Runs) -> str:
    """Write run lengths as COCO's compressed counts, in the canonical form that pycocotools gives.

    Args:
        runs: (N,) int64; none but the first is empty.
    """
    characters = np.empty(LONGEST * len(runs), np.uint8)
    return str(characters[: format_into(runs, characters)].tobytes(), "ascii")


def window_runs(runs: Runs, height: int, left: int, top: int, window_width: int, window_height: int) -> Runs:
    """Cut a window out of run lengths; the window lies on the image.

    The count of window pixels before an image position never falls as the position grows, so mapping every change
    position by it gives the change positions of the window.

    Args:
        runs: (R,) int64 run lengths of the whole image.
        height: Of the image, in px.
        left: Of the window, in px, as the next three.
        top: Of the window.
        window_width: Of the window.
        window_height: Of the window.

    Returns:
        (W,) int64 canonical run lengths of the window.
    """
    cut = np.empty(len(runs) + 1, np.int64)
    return cut[: window_into(runs, height, left, top, window_width, window_height, cut)]


def paint_runs(runs: Runs, height: int, width: int) -> Mask:
    """Draw run lengths as a mask.

    Args:
        runs: (R,) int64 run lengths that sum to height * width.
        height: Of the image, in px.
        width: Of the image, in px.

    Returns:
        (H, W) bool.
    """
    colours = np.zeros(runs.size, bool)
    colours[1::2] = True
    return np.ascontiguousarray(np.repeat(colours, runs).reshape(width, height).T)


def _complaint(code: int, counts: str) -> str:
    if code == _FOREIGN:
        return f"expected characters '0' to 'o' in COCO counts, got {counts[:40]!r}"
    if code == _CUT_OFF:
        return f"COCO counts end inside a value: …{counts[-20:]!r}; the export was cut off"
    return f"a run length in COCO counts exceeds 60 bits: {counts[:40]!r}"


@kernel
def parse_into(characters: npt.NDArray[np.uint8], runs: Runs) -> int:
    """Do as `parse_counts` for compiled code; `runs` has room for one a character. Returns how many, or a negative code.

    Args:
        characters: (C,) uint8, the counts.
        runs: (C,) int64 or longer, filled in.
    """
    count = position = 0
    while position < len(characters):
        value, shift = np.int64(0), 0
        while True:
            if position == len(characters):
                return _CUT_OFF
            digit = np.int64(characters[position]) - 48
            position += 1
            if digit < 0 or digit > 63:
                return _FOREIGN
            if shift > 55:
                return _TOO_LONG
            value |= (digit & 31) << shift
            shift += 5
            if not digit & 32:
                break
        if digit & 16:
            value -= np.int64(1) << shift
        if count > 2:
            value += runs[count - 2]
        runs[count] = value
        count += 1
    return count


@kernel
def format_into(runs: Runs, characters: npt.NDArray[np.uint8]) -> int:
    """Do as `format_counts` for compiled code; `characters` has room for LONGEST a run. Returns how many.

    Args:
        runs: (R,) int64 run lengths.
        characters: (LONGEST * R,) uint8 or longer, filled in.
    """
    size = 0
    for index in range(len(runs)):
        value = runs[index] - runs[index - 2] if index > 2 else runs[index]
        more = True
        while more:
            digit = value & 31
            value >>= 5
            more = value != -1 if digit & 16 else value != 0
            characters[size] = digit + (32 if more else 0) + 48
            size += 1
    return size


@kernel
def total_of(runs: Runs) -> int:
    """Add up; negative where a length or the sum of some is.

    Args:
        runs: (R,) int64 run lengths.
    """
    total = np.int64(0)
    for length in runs:
        total += length
        if length < 0 or total < 0:
            return _NEGATIVE
    return int(total)


@kernel
def window_into(runs: Runs, height: int, left: int, top: int, window_width: int, window_height: int, cut: Runs) -> int:
    """Do as `window_runs` for compiled code; `cut` has room for one run more than `runs`. Returns how many.

    Args:
        runs: (R,) int64 run lengths of the whole image.
        height: Of the image, in px, as the next five.
        left: Of the window.
        top: Of the window.
        window_width: Of the window.
        window_height: Of the window.
        cut: (R + 1,) int64 or longer, filled in.
    """
    first, last = left * height, (left + window_width) * height
    cut[0] = count = colour = 0
    end = before = 0
    for index in range(len(runs)):
        end += runs[index]
        if end <= first:
            continue
        if end >= last:
            inside = window_width * window_height
        else:
            column = end // height
            inside = (column - left) * window_height + min(max(end - column * height - top, 0), window_height)
        if inside > before:
            if index & 1 != colour:
                colour = index & 1
                count += 1
                cut[count] = 0
            cut[count] += inside - before
            before = inside
        if end >= last:
            break
    return count + 1
