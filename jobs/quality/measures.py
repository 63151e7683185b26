"""What the rules look at and no column holds: whether an id is unique, what a mask covers, what of a window meets its image."""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from imaging.masks.lookup import look_up

MEASURES = ("id_is_unique", "mask_pixels", "mask_holds_centre", "visible_width", "visible_height")
"""Names of all measures; a window alone has the last two."""

_BOX = ("geometry", "box_x", "box_y", "box_width", "box_height", "image_height")
_WINDOW = ("window_left", "window_top", "window_width", "window_height", "image_width", "image_height")
MEASURED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"annotations": ("instance_id", *_BOX), "instances": ("instance_id", *_BOX), "crops": ("crop_id", "mask", *_WINDOW)}
)
"""Columns of each table that are measured, its id first."""

_DIGITS = 16


def measures(table: str, rows: pa.Table, duplicates: NDArray[np.uint64]) -> dict[str, NDArray[np.generic]]:
    """Measure rows.

    Args:
        table: annotations, instances or crops.
        rows: (N,) with the columns of `MEASURED`.
        duplicates: (D,) words of the ids that several rows of the whole table have.

    Returns:
        (N,) values by measure, sizes in pixels.
    """
    ids = rows.column(MEASURED[table][0])
    unique = ~np.isin(identity_words(ids), duplicates) if duplicates.size else np.ones(len(ids), np.bool_)
    return {"id_is_unique": unique, **(_of_windows(rows) if table == "crops" else _of_masks(rows))}


def identity_words(ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Return the first 16 digits of each id as a number: ids that agree in them count as equal.

    Args:
        ids: (N,) digests as text.

    Returns:
        (N,) numbers; of what is no digest, a number of its own, the same on every worker.
    """
    heads = pc.utf8_slice_codeunits(ids, 0, _DIGITS)
    plain = pc.match_substring_regex(heads, f"^[0-9a-f]{{{_DIGITS}}}$").fill_null(False).to_numpy()
    words = np.zeros(len(ids), np.uint64)
    if plain.any():
        digits = np.frombuffer("".join(heads.filter(pa.array(plain)).to_pylist()).encode(), np.uint8).reshape(-1, _DIGITS)
        nibbles = np.where(digits > ord("9"), digits - (ord("a") - 10), digits - ord("0"))
        words[plain] = (nibbles[:, ::2] << 4 | nibbles[:, 1::2]).view(">u8")[:, 0]
    for index in np.flatnonzero(~plain).tolist():
        words[index] = int.from_bytes(hashlib.sha256((ids[index].as_py() or "").encode()).digest()[:8], "big")
    return words


def repeated_words(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Return the words that come more than once.

    Args:
        words: (N,) of each batch of a table's ids, as `identity_words` returns them.
    """
    ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *words]))
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _of_masks(rows: pa.Table) -> dict[str, NDArray[np.generic]]:
    """Look the centre of the box up in the mask, which covers the whole image."""
    x, y, width, height, image_height = (_whole(rows, name) for name in _BOX[1:])
    pixels, held = look_up(rows.column("geometry"), (x + width // 2) * image_height + y + height // 2)
    return {"mask_pixels": pixels, "mask_holds_centre": held}


def _of_windows(rows: pa.Table) -> dict[str, NDArray[np.generic]]:
    """Look the centre of the window up in the mask, which covers what of the window lies on the image."""
    left, top, width, height, image_width, image_height = (_whole(rows, name) for name in _WINDOW)
    shown_left, shown_top = np.maximum(left, 0), np.maximum(top, 0)
    shown_width = np.minimum(left + width, image_width) - shown_left
    shown_height = np.minimum(top + height, image_height) - shown_top
    x, y = left + width // 2 - shown_left, top + height // 2 - shown_top
    shown = (x >= 0) & (x < shown_width) & (y >= 0) & (y < shown_height)
    pixels, held = look_up(rows.column("mask"), np.where(shown, x * shown_height + y, -1))
    return {"mask_pixels": pixels, "mask_holds_centre": held, "visible_width": shown_width, "visible_height": shown_height}


def _whole(rows: pa.Table, name: str) -> NDArray[np.int64]:
    """Return a column of whole numbers, 0 for a null, which breaks a rule of its own."""
    return np.asarray(rows.column(name).fill_null(0).to_numpy(), np.int64)
