"""A table's name in, what is expected of its rows out: plain data, which `jobs.validation` gives to Great Expectations."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_DIGEST = r"^[0-9a-f]{64}$"


class Expectation(NamedTuple):
    """One expectation: its name in Great Expectations, and its arguments."""

    name: str
    arguments: Mapping[str, Any]


def _between(column: str, least: float | None = None, most: float | None = None) -> Expectation:
    bounds = {"min_value": least, "max_value": most}
    return Expectation("ExpectColumnValuesToBeBetween", {"column": column, **{k: v for k, v in bounds.items() if v is not None}})


def _among(column: str, *values: str) -> Expectation:
    return Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)})


def _matching(column: str, regex: str) -> Expectation:
    return Expectation("ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex})


def _present(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


_BOX = (
    _between("box_x", 0),
    _between("box_y", 0),
    _between("box_width", 1),
    _between("box_height", 1),
    _between("area", 1),
    _between("components", 1),
    _between("holes", 0),
    _between("right_of_box", 0),
    _between("below_box", 0),
    _between("box_less_area", 0),
    _among("scene", "full", "partial"),
)
_DISTINCT_INSTANCES = Expectation("ExpectColumnValuesToBeUnique", {"column": "instance_id"})

SUITES: Mapping[str, tuple[Expectation, ...]] = MappingProxyType(
    {
        "annotations": (
            _present("instance_id"),
            _DISTINCT_INSTANCES,
            _matching("instance_id", _DIGEST),
            _matching("image_id", _DIGEST),
            _matching("label", r"\S"),
            *_BOX,
        ),
        "instances": (
            _present("instance_id"),
            _DISTINCT_INSTANCES,
            _matching("image_id", _DIGEST),
            _among("disposition", "kept", "background", "unapproved", "ignored"),
            _among("split", "train", "val", "test"),
            _between("kept_without_class", 0, 0),
            *_BOX,
        ),
        "crops": (
            _present("crop_id"),
            Expectation("ExpectColumnValuesToBeUnique", {"column": "crop_id"}),
            _matching("image_id", _DIGEST),
            _among("split", "train", "val", "test"),
            _between("window_width", 1),
            _between("window_height", 1),
            _between("weight", 0),
            _between("orientation", 1, 8),
            _between("block_left", 0),
            _between("block_top", 0),
            _among("size", "small", "medium", "large"),
            _matching("class_path", r"\S"),
        ),
    }
)
"""What is expected of each table; `observed` makes the columns that no contract has."""

_BOX_COLUMNS = ("box_x", "box_y", "box_width", "box_height", "area", "image_width", "image_height", "components", "holes", "scene")
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "annotations": ("instance_id", "image_id", "label", *_BOX_COLUMNS),
        "instances": ("instance_id", "image_id", "disposition", "split", "class_id", *_BOX_COLUMNS),
        "crops": (
            *("crop_id", "image_id", "split", "window_width", "window_height", "weight", "orientation", "block_left"),
            *("block_top", "size", "class_path"),
        ),
    }
)
"""Columns that the expectations read: never geometry or pixels."""


def observed(table: str, rows: pa.Table) -> pa.Table:
    """Add to rows the columns that expectations compare: how far a box stays inside its image, and the like.

    Args:
        table: Name of the table.
        rows: With the columns of `COLUMNS`.
    """
    if "box_x" in rows.column_names:
        right = pc.add(rows.column("box_x"), rows.column("box_width"))
        bottom = pc.add(rows.column("box_y"), rows.column("box_height"))
        box_area = pc.multiply(pc.cast(rows.column("box_width"), pa.int64()), rows.column("box_height"))
        rows = rows.append_column("right_of_box", pc.subtract(rows.column("image_width"), right))
        rows = rows.append_column("below_box", pc.subtract(rows.column("image_height"), bottom))
        rows = rows.append_column("box_less_area", pc.subtract(box_area, rows.column("area")))
    if table == "instances":
        kept = pc.equal(rows.column("disposition"), "kept")
        classless = pc.and_(kept, pc.equal(rows.column("class_id"), ""))
        rows = rows.append_column("kept_without_class", pc.cast(classless, pa.int32()))
    return rows
