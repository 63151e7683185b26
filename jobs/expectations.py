"""A table's name in, what is expected of its rows out: plain data, which `jobs.validation` gives to Great Expectations."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

_DIGEST = r"^[0-9a-f]{64}$"


class Expectation(NamedTuple):
    """One expectation: its name in Great Expectations, and its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Validation:
    """What Great Expectations found: rows and expectations that were evaluated, those that failed, and the page."""

    rows: int
    expectations: int
    failed: tuple[str, ...]
    page: str  # HTML


def _between(column: str, least: float | None = None, most: float | None = None) -> Expectation:
    bounds = {"min_value": least, "max_value": most}
    return Expectation("ExpectColumnValuesToBeBetween", {"column": column, **{k: v for k, v in bounds.items() if v is not None}})


def _none(column: str) -> Expectation:
    return _between(column, 0, 0)


def _among(column: str, *values: str) -> Expectation:
    return Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)})


def _matching(column: str, regex: str) -> Expectation:
    return Expectation("ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex})


def _present(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def _keyed(identity: str) -> tuple[Expectation, ...]:
    """Expect an id in every row, of the form of a digest and of no other row of the table; an image likewise, and an area."""
    return (
        _present(identity),
        _matching(identity, _DIGEST),
        _none("id_of_several_rows"),
        _present("image_id"),
        _matching("image_id", _DIGEST),
        _present("area"),
    )


_MASK = (
    _between("area", 1),
    _none("area_beyond_mask"),
    _none("centre_told_wrongly"),
)
_BOX = (
    _between("box_x", 0),
    _between("box_y", 0),
    _between("box_width", 1),
    _between("box_height", 1),
    _between("components", 1),
    _between("holes", 0),
    _between("right_of_box", 0),
    _between("below_box", 0),
    _between("box_less_area", 0),
    _among("scene", "full", "partial"),
)

SUITES: Mapping[str, tuple[Expectation, ...]] = MappingProxyType(
    {
        "annotations": (*_keyed("instance_id"), _matching("label", r"\S"), *_MASK, *_BOX),
        "instances": (
            *_keyed("instance_id"),
            _among("disposition", "kept", "background", "unapproved", "ignored"),
            _among("split", "train", "val", "test"),
            _none("kept_without_class"),
            *_MASK,
            *_BOX,
        ),
        "crops": (
            *_keyed("crop_id"),
            _present("instance_id"),
            _matching("instance_id", _DIGEST),
            _among("split", "train", "val", "test"),
            _matching("class_path", r"\S"),
            _none("centre_told_wrongly"),
            _none("train_with_strange_centre"),
            _between("window_width", 1),
            _between("window_height", 1),
            _between("visible_width", 1),
            _between("visible_height", 1),
            _between("mask_area", 1),
            _between("area_less_mask", 0),
            *_BOX,
            _among("size", "small", "medium", "large"),
            _between("weight", 0),
            _between("orientation", 1, 8),
            _between("block_left", 0),
            _between("block_top", 0),
        ),
    }
)
"""What is expected of each table; `jobs.observed_rows` makes the columns that no contract has."""

_MASK_COLUMNS = ("area", "owns_centre", "components", "holes")
_FRAME_COLUMNS = ("box_x", "box_y", "box_width", "box_height", "image_width", "image_height", "scene")
_WINDOW_COLUMNS = ("window_left", "window_top", "window_width", "window_height")

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "annotations": ("instance_id", "source_ref", "image_id", "label", "geometry", *_MASK_COLUMNS, *_FRAME_COLUMNS),
        "instances": (
            *("instance_id", "source_ref", "image_id", "disposition", "split", "class_id", "geometry"),
            *(*_MASK_COLUMNS, *_FRAME_COLUMNS),
        ),
        "crops": (
            *("crop_id", "source_ref", "instance_id", "image_id", "split", "class_path", "mask", "size", "weight", "orientation"),
            *("block_left", "block_top", *_WINDOW_COLUMNS, *_MASK_COLUMNS, *_FRAME_COLUMNS),
        ),
    }
)
"""Columns that are read: the table's id first, then what names the row in its export; never pixels."""
