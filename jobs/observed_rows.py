"""Rows of a table in, the columns that its expectations compare out: how far a box stays inside its image, and the like."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.mask_checks import look_up

Whole = NDArray[np.int64]
Words = NDArray[np.uint64]


def id_words(ids: pa.ChunkedArray) -> Words:
    """Return the first 16 digits of each id as a number: ids that agree in them count as equal.

    Args:
        ids: (N,) digests as text.
    """
    return np.array([_leading(text) for text in ids.to_pylist()], np.uint64)


def repeated(words: Sequence[Words]) -> Words:
    """Return the words of a table's ids that come more than once."""
    ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *words]))
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def observed(table: str, rows: pa.Table, doubled: Words) -> pa.Table:
    """Add to rows what their expectations compare; masks are replaced by what is seen of them.

    Args:
        table: annotations, instances or crops.
        rows: With the columns of `jobs.expectations.COLUMNS`, the id first.
        doubled: Words of the ids that several rows of the whole table have; see `repeated`.
    """
    added = {
        "id_of_several_rows": pa.array(np.isin(id_words(rows.column(0)), doubled).astype(np.int64)),
        "right_of_box": pc.subtract(rows.column("image_width"), _sum(rows, "box_x", "box_width")),
        "below_box": pc.subtract(rows.column("image_height"), _sum(rows, "box_y", "box_height")),
        "box_less_area": pc.subtract(
            pc.multiply(pc.cast(rows.column("box_width"), pa.int64()), rows.column("box_height")), rows.column("area")
        ),
        **(_of_windows(rows) if table == "crops" else _of_masks(rows)),
    }
    if table == "instances":
        kept = pc.equal(rows.column("disposition"), "kept")
        added["kept_without_class"] = _flag(pc.and_(kept, pc.equal(rows.column("class_id"), "")))
    rows = rows.drop_columns([name for name in ("geometry", "mask") if name in rows.column_names])
    for name, values in added.items():
        rows = rows.append_column(name, values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values]))
    return rows


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
        "train_with_strange_centre": pa.array(strange.astype(np.int64)),
    }


def _wrong(rows: pa.Table, held: NDArray[np.bool_]) -> Any:
    return _flag(pc.xor(rows.column("owns_centre"), pa.array(held)))


def _filled(rows: pa.Table, name: str) -> Whole:
    """Return a column of whole numbers, 0 for a null, which fails an expectation of its own."""
    return np.asarray(pc.fill_null(rows.column(name), 0).to_numpy(), np.int64)


def _sum(rows: pa.Table, first: str, second: str) -> pa.ChunkedArray:
    return pc.add(rows.column(first), rows.column(second))


def _flag(facts: Any) -> Any:
    return pc.cast(facts, pa.int64())


def _leading(text: str | None) -> int:
    """Return the number of an id's first 16 digits; of a text that is no digest, and of a null, something else."""
    try:
        return int(text[:16], 16) if text else 0
    except ValueError:
        return hash(text) & (2**64 - 1)
