"""A table's name in, what is expected of its rows out: plain data, which `jobs.quality.validation` gives to Great Expectations.

Great Expectations sees numbers alone: what is expected of a text is observed as a column of 0 where it holds and 1 where it
does not, which takes it a tenth of the time that it takes over the texts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

_DIGEST = r"^[0-9a-f]{64}$"


class TextRule(NamedTuple):
    """What is expected of a text: with a regular expression (RE2), that a value there is matches it; else that there is one."""

    column: str
    regex: str | None = None


class Expectation(NamedTuple):
    """One expectation: its name in Great Expectations, its arguments, and the rule behind a column that is observed of a text."""

    name: str
    arguments: Mapping[str, Any]
    rule: TextRule | None = None

    @property
    def column(self) -> str:
        """The column that it looks at."""
        return str(self.arguments["column"])


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
    return _none(f"{column}_unknown")._replace(rule=TextRule(column, f"^(?:{'|'.join(map(re.escape, values))})$"))


def _matching(column: str, regex: str) -> Expectation:
    return _none(f"{column}_malformed")._replace(rule=TextRule(column, regex))


def _present(column: str) -> Expectation:
    return _none(f"{column}_missing")._replace(rule=TextRule(column))


def _measured(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def _keyed(identity: str) -> tuple[Expectation, ...]:
    """Expect an id in every row, of the form of a digest and of no other row of the table; an image likewise, and an area."""
    return (
        _present(identity),
        _matching(identity, _DIGEST),
        _none("id_of_several_rows"),
        _present("image_id"),
        _matching("image_id", _DIGEST),
        _measured("area"),
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
"""What is expected of each table; `jobs.quality.check_columns` makes the columns that no contract has."""

_MASK_COLUMNS = ("area", "owns_centre", "components", "holes")
_FRAME_COLUMNS = ("box_x", "box_y", "box_width", "box_height", "image_width", "image_height", "scene")
_WINDOW_COLUMNS = ("window_left", "window_top", "window_width", "window_height")

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "annotations": ("instance_id", "image_id", "label", "geometry", *_MASK_COLUMNS, *_FRAME_COLUMNS),
        "instances": (
            *("instance_id", "image_id", "disposition", "split", "class_id", "geometry"),
            *(*_MASK_COLUMNS, *_FRAME_COLUMNS),
        ),
        "crops": (
            *("crop_id", "instance_id", "image_id", "split", "class_path", "mask", "size", "weight", "orientation"),
            *("block_left", "block_top", *_WINDOW_COLUMNS, *_MASK_COLUMNS, *_FRAME_COLUMNS),
        ),
    }
)
"""Columns that are observed, the table's id first; never pixels."""

REFERENCE = "source_ref"
"""Column that says where a row stands in its export: with the id, it names a row that fails."""
