"""COCO's compressed counts in, run lengths out, and back; windows are cut from the runs without a bitmap.

Runs are int64 lengths in column-major order (down each column, then right), background and foreground in turn,
background first and possibly 0 long; they sum to height * width.

Source: maskApi.c of the COCO API (rleToString, rleFrString): five bits a character from '0' on, bit 0x20 says that
more follow, bit 0x10 of the last is the sign; from the fourth run on, the difference to the run two before is kept.
"""

import numpy as np
import numpy.typing as npt

from lake.errors import InputError

Runs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_LONGEST = 13  # characters of a 64-bit value


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
        characters = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError:
        raise MalformedMaskError("expected COCO counts in ASCII, got other characters; export the mask again") from None
    if characters.size and (characters.min() < 0 or characters.max() > 63):
        raise MalformedMaskError(f"expected characters '0' to 'o' in COCO counts, got {counts[:40]!r}")
    runs = _undo_differences(_join(characters, counts))
    return check_runs(runs, height, width)


def check_runs(runs: Runs, height: int, width: int) -> Runs:
    """Return `runs` when they are non-negative and fill the image, else raise MalformedMaskError."""
    if runs.size and runs.min() < 0:
        raise MalformedMaskError(f"expected run lengths of at least 0, got {int(runs.min())}; export the mask again")
    total = sum(runs.tolist())
    if total != height * width:
        raise MalformedMaskError(
            f"run lengths sum to {total:,} px, but {height} x {width} px (height x width) are {height * width:,}; "
            "the mask belongs to another image or the sizes are swapped"
        )
    return runs


def format_counts(runs: Runs) -> str:
    """Write run lengths as COCO's compressed counts, in the canonical form that pycocotools gives.

    Args:
        runs: (N,) int64; neighbours of equal colour must have been joined (see `canonical_runs`).
    """
    values = runs.copy()
    values[3:] -= runs[1:-2]
    columns, wanted = [], []
    more = np.ones(values.shape, bool)
    for _ in range(_LONGEST):
        digits = values & 31
        values = values >> 5
        wanted.append(more)
        more = more & np.where(digits & 16, values != -1, values != 0)
        columns.append(digits | np.where(more, 32, 0))
        if not more.any():
            break
    characters = np.stack(columns, axis=1)[np.stack(wanted, axis=1)] + 48
    return str(characters.astype(np.uint8).tobytes(), "ascii")


def canonical_runs(boundaries: Runs, total: int) -> Runs:
    """Turn sorted change positions into runs, dropping those of no length.

    Args:
        boundaries: (N,) int64, where the colour changes, first to foreground; equal neighbours cancel.
        total: Pixels in all.

    Returns:
        Runs that sum to `total`; only the first may be 0.
    """
    unequal = boundaries[1:] != boundaries[:-1]
    if not unequal.all():
        boundaries = _cancel_pairs(boundaries)
    if boundaries.size and boundaries[-1] == total:
        boundaries = boundaries[:-1]
    return np.diff(boundaries, prepend=0, append=total)


def window_runs(runs: Runs, height: int, left: int, top: int, window_width: int, window_height: int) -> Runs:
    """Cut a window out of run lengths; the window lies on the image.

    The count of window pixels before an image position never falls as the position grows, so mapping every change
    position by it gives the change positions of the window.

    Args:
        runs: Run lengths of the whole image.
        height: Of the image, in px.
        left: Of the window, in px, as the next three.
        top: Of the window.
        window_width: Of the window.
        window_height: Of the window.

    Returns:
        Canonical run lengths of the window.
    """
    columns, rows = np.divmod(np.cumsum(runs[:-1]), height)
    columns -= left
    inside = np.clip(rows - top, 0, window_height)
    total = window_width * window_height
    boundaries = np.clip(columns * window_height + inside, 0, total)
    boundaries[columns < 0] = 0
    boundaries[columns >= window_width] = total
    return canonical_runs(boundaries, total)


def paint_runs(runs: Runs, height: int, width: int) -> Mask:
    """Draw run lengths as an (H, W) bool mask."""
    colours = np.zeros(runs.size, bool)
    colours[1::2] = True
    return np.ascontiguousarray(np.repeat(colours, runs).reshape(width, height).T)


def _join(characters: Runs, counts: str) -> Runs:
    if not characters.size:
        return characters
    ends = np.flatnonzero((characters & 32) == 0)
    if not ends.size or ends[-1] != characters.size - 1:
        raise MalformedMaskError(f"COCO counts end inside a value: …{counts[-20:]!r}; the export was cut off")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST - 1:
        raise MalformedMaskError(f"a run length in COCO counts exceeds 60 bits: {counts[:40]!r}")
    places = np.arange(characters.size) - np.repeat(starts, lengths)
    values = np.add.reduceat((characters & 31) << (5 * places), starts)
    negative = (characters[ends] & 16) != 0
    return np.where(negative, values - (np.int64(1) << (5 * lengths)), values)


def _undo_differences(values: Runs) -> Runs:
    runs = values.copy()
    runs[1::2] = np.cumsum(values[1::2])
    runs[2::2] = np.cumsum(values[2::2])
    return runs


def _cancel_pairs(boundaries: Runs) -> Runs:
    values, repeats = np.unique(boundaries, return_counts=True)
    return np.asarray(values[repeats % 2 == 1], np.int64)
