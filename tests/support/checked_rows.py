"""Rows that meet every rule of their table, and the same with planted faults."""

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa

from imaging.masks.masks import encode
from jobs.quality.violations import columns_of
from lake.contracts import TABLES
from lake.schemas import arrow_schema, table_of

MASK = np.zeros((6, 8), bool)
MASK[1:6, 1:8] = True
MASK[3, 4] = False  # the centre of its box is not its own
EMPTY: dict[Any, Any] = {pa.string(): "x", pa.bool_(): False, pa.binary(): b"x"}
ROW: dict[str, Any] = {
    "image_id": "b" * 64,
    "instance_id": "c" * 64,
    "group_id": "g",
    "label": "dog",
    "class_id": "dog",
    "class_path": "thing/dog",
    "disposition": "kept",
    "split": "val",
    "scene": "full",
    "geometry": encode(MASK),
    "image_width": 8,
    "image_height": 6,
    "box_x": 1,
    "box_y": 1,
    "box_width": 7,
    "box_height": 5,
    "area": 34,
    "components": 1,
    "holes": 1,
    "owns_centre": False,
    # A window that overhangs the image above, below and on the right; its central pixel is the box's.
    "window_left": 0,
    "window_top": -1,
    "window_width": 9,
    "window_height": 9,
    "mask": encode(MASK).encode(),
    "size": "small",
    "weight": 1.0,
    "thinness": 0.5,
    "orientation": 1,
}


def sound_rows(table: str, *changes: dict[str, Any]) -> pa.Table:
    """Make sound rows of a table, each with its own id and its number as `source_ref`, and change them."""
    record, identity = TABLES[table], columns_of(table)[0]
    filled = {column.name: None if column.nullable else EMPTY.get(column.type, 0) for column in arrow_schema(record)}
    known = {name: value for name, value in ROW.items() if name in {field.name for field in fields(record)}}
    return table_of(
        record,
        [
            {**filled, **known, identity: f"{number:016x}" + "0" * 48, "source_ref": f":{number}", **change}
            for number, change in enumerate(changes)
        ],
    )


def with_nulls(rows: pa.Table, column: str, *indices: int) -> pa.Table:
    """Return rows that are null in a column, at some indices: no contract allows it, so no record can say it."""
    values = [None if index in indices else value for index, value in enumerate(rows.column(column).to_pylist())]
    at = rows.column_names.index(column)
    return rows.set_column(at, column, pa.array(values, rows.schema.field(column).type))
