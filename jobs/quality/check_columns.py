"""Rows of a table in, the numbers that its expectations look at out: how far a box stays inside its image, and the like."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from imaging.masks.lookup import look_up
from jobs.quality.expectations import SUITES, TextRule

Whole = NDArray[np.int64]
Words = NDArray[np.uint64]

_DIGITS = 16


def id_words(ids: pa.ChunkedArray) -> Words:
    """Return the first 16 digits of each id as a number: ids that agree in them count as equal.

    Args:
        ids: (N,) digests as text.
    """
    heads = pc.utf8_slice_codeunits(ids, 0, _DIGITS)
    plain = pc.fill_null(pc.match_substring_regex(heads, f"^[0-9a-f]{{{_DIGITS}}}$"), False).to_numpy()
    words = np.zeros(len(ids), np.uint64)
    if plain.any():
        digits = np.frombuffer("".join(heads.filter(pa.array(plain)).to_pylist()).encode(), np.uint8).reshape(-1, _DIGITS)
        nibbles = np.where(digits > ord("9"), digits - (ord("a") - 10), digits - ord("0"))
        words[plain] = (nibbles[:, ::2] << 4 | nibbles[:, 1::2]).view(">u8")[:, 0]
    for place in np.flatnonzero(~plain).tolist():
        words[place] = _substitute(ids[place].as_py())
    return words


def repeated(words: Sequence[Words]) -> Words:
    """Return the words of a table's ids that come more than once."""
    ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *words]))
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def observed(table: str, rows: pa.Table, duplicate: Words) -> pa.Table:
    """Return what the expectations of some rows look at: numbers, of texts whether they break their rule, of masks what is seen.

    Args:
        table: annotations, instances or crops.
        rows: With the columns of `jobs.quality.expectations.COLUMNS`, the id first.
        duplicate: Words of the ids that several rows of the whole table have; see `repeated`.
    """
    added = {
        "id_of_several_rows": pa.array(np.isin(id_words(rows.column(0)), duplicate)),
        "right_of_box": pc.subtract(rows.column("image_width"), _sum(rows, "box_x", "box_width")),
        "below_box": pc.subtract(rows.column("image_height"), _sum(rows, "box_y", "box_height")),
        "box_less_area": pc.subtract(
            pc.multiply(pc.cast(rows.column("box_width"), pa.int64()), rows.column("box_height")), rows.column("area")
        ),
        **(_of_windows(rows) if table == "crops" else _of_masks(rows)),
    }
    if table == "instances":
        added["kept_without_class"] = pc.and_(pc.equal(rows.column("disposition"), "kept"), pc.equal(rows.column("class_id"), ""))
    found: dict[str, Any] = {}
    for expected in SUITES[table]:
        column = expected.column
        if expected.rule is not None:
            found[column] = _breaks(rows.column(expected.rule.column), expected.rule)
        elif column not in found:
            found[column] = added[column] if column in added else rows.column(column)
    return pa.table({name: pc.cast(values, pa.uint8()) if pa.types.is_boolean(values.type) else values for name, values in found.items()})


def _breaks(texts: pa.ChunkedArray, rule: TextRule) -> pa.ChunkedArray:
    if rule.regex is None:
        return pc.is_null(texts)
    return pc.fill_null(pc.invert(pc.match_substring_regex(texts, rule.regex)), False)


def _of_masks(rows: pa.Table) -> dict[str, Any]:
    """Compare area and owned centre with the mask on the whole image."""
    middle_x = _filled(rows, "box_x") + _filled(rows, "box_width") // 2
    middle_y = _filled(rows, "box_y") + _filled(rows, "box_height") // 2
    pixels, held = look_up(rows.column("geometry"), middle_x * _filled(rows, "image_height") + middle_y)
    return {"area_beyond_mask": pc.subtract(rows.column("area"), pa.array(pixels)), "centre_told_wrongly": _wrong(rows, held)}


def _of_windows(rows: pa.Table) -> dict[str, Any]:
    """Compare a crop with its mask, which covers what of the window lies on the image."""
    names = ("window_left", "window_top", "window_width", "window_height", "image_width", "image_height")
    left, top, width, height, image_width, image_height = (_filled(rows, name) for name in names)
    shown_left, shown_top = np.maximum(left, 0), np.maximum(top, 0)
    shown_width = np.minimum(left + width, image_width) - shown_left
    shown_height = np.minimum(top + height, image_height) - shown_top
    middle_x, middle_y = left + width // 2 - shown_left, top + height // 2 - shown_top
    shown = (middle_x >= 0) & (middle_x < shown_width) & (middle_y >= 0) & (middle_y < shown_height)
    pixels, held = look_up(rows.column("mask"), np.where(shown, middle_x * shown_height + middle_y, -1))
    strange = (rows.column("split").to_numpy() == "train") & ~held
    return {
        "visible_width": pa.array(shown_width),
        "visible_height": pa.array(shown_height),
        "mask_area": pa.array(pixels),
        "area_less_mask": pc.subtract(rows.column("area"), pa.array(pixels)),
        "centre_told_wrongly": _wrong(rows, held),
        "train_with_strange_centre": pa.array(strange),
    }


def _wrong(rows: pa.Table, held: NDArray[np.bool_]) -> Any:
    return pc.xor(rows.column("owns_centre"), pa.array(held))


def _filled(rows: pa.Table, name: str) -> Whole:
    """Return a column of whole numbers, 0 for a null, which fails an expectation of its own."""
    return np.asarray(pc.fill_null(rows.column(name), 0).to_numpy(), np.int64)


def _sum(rows: pa.Table, first: str, second: str) -> pa.ChunkedArray:
    return pc.add(rows.column(first), rows.column(second))


def _substitute(text: str | None) -> int:
    """Return a number for an id that is no digest; equal ids get equal numbers on every worker."""
    return int.from_bytes(hashlib.sha256((text or "").encode()).digest()[:8], "big")
