"""What is expected of every row of a table before it is published: a list of rules for each table, as plain data."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake.dispositions import DISPOSITIONS, KEPT
from lake.splits import SPLITS


class QualityRule(NamedTuple):
    """One rule; a row that is null in one of its columns breaks it.

    `holds` is called with the values of `columns`, (N,) each: texts as Arrow arrays, all else as numpy arrays (whole numbers
    int64). It returns (N,) bool.
    """

    name: str  # what is the matter with a row that breaks it
    columns: tuple[str, ...]  # of the table, or measures
    expected: str  # for people
    holds: Callable[..., NDArray[np.bool_]]


def _at_least(column: str, least: int) -> QualityRule:
    return QualityRule(f"{column}_below_{least}", (column,), f"{column} is at least {least}", lambda values: values >= least)


def _among(column: str, *known: str) -> QualityRule:
    return QualityRule(f"{column}_unknown", (column,), f"{column} is {' or '.join(known)}", lambda texts: pc.is_in(texts, pa.array(known)))


def _matching(name: str, column: str, regex: str, described: str) -> QualityRule:
    return QualityRule(name, (column,), f"{column} {described}", lambda texts: pc.match_substring_regex(texts, regex))


def _digest(column: str) -> QualityRule:
    return _matching(f"{column}_malformed", column, r"^[0-9a-f]{64}$", "is a digest of 64 hexadecimal digits")


def _not_blank(column: str) -> QualityRule:
    return _matching(f"{column}_blank", column, r"\S", "holds more than white space")


def _keys(identity: str) -> tuple[QualityRule, ...]:
    unique = QualityRule("duplicate_id", ("id_is_unique",), f"no two rows of the table have one {identity}", lambda unique: unique)
    return (_digest(identity), unique, _digest("image_id"))


_MASK = (
    _at_least("area", 1),
    QualityRule("area_differs_from_mask", ("area", "mask_pixels"), "area is the number of pixels of the mask", np.equal),
)
_CENTRE = QualityRule("owns_centre_differs_from_mask", ("owns_centre", "mask_holds_centre"), "owns_centre is what the mask says", np.equal)
_BOX = (
    _at_least("box_x", 0),
    _at_least("box_y", 0),
    _at_least("box_width", 1),
    _at_least("box_height", 1),
    _at_least("components", 1),
    _at_least("holes", 0),
    QualityRule(
        "box_beyond_right_edge",
        ("box_x", "box_width", "image_width"),
        "the box ends where the image does, or left of it",
        lambda x, width, image_width: x + width <= image_width,
    ),
    QualityRule(
        "box_beyond_bottom_edge",
        ("box_y", "box_height", "image_height"),
        "the box ends where the image does, or above it",
        lambda y, height, image_height: y + height <= image_height,
    ),
    QualityRule(
        "area_exceeds_box",
        ("area", "box_width", "box_height"),
        "area is at most that of the box",
        lambda area, width, height: area <= width * height,
    ),
    _among("scene", "full", "partial"),
)
_SPLIT = _among("split", *SPLITS)

RULES: Mapping[str, tuple[QualityRule, ...]] = MappingProxyType(
    {
        "annotations": (*_keys("instance_id"), _not_blank("label"), *_MASK, _CENTRE, *_BOX),
        "instances": (
            *_keys("instance_id"),
            _among("disposition", *DISPOSITIONS),
            _SPLIT,
            QualityRule(
                "kept_without_class",
                ("disposition", "class_id"),
                "what is kept has a class_id",
                lambda disposition, class_id: pc.or_(pc.not_equal(disposition, KEPT), pc.not_equal(class_id, "")),
            ),
            *_MASK,
            _CENTRE,
            *_BOX,
        ),
        "crops": (
            *_keys("crop_id"),
            _digest("instance_id"),
            _SPLIT,
            _not_blank("class_path"),
            _CENTRE,
            QualityRule(
                "train_crop_without_centre",
                ("split", "mask_holds_centre"),
                "in training, the central pixel belongs to the mask",
                lambda split, held: ~np.asarray(pc.equal(split, "train").fill_null(False)) | held,
            ),
            _at_least("window_width", 1),
            _at_least("window_height", 1),
            _at_least("visible_width", 1),
            _at_least("visible_height", 1),
            _at_least("mask_pixels", 1),
            QualityRule("mask_exceeds_area", ("area", "mask_pixels"), "the mask has at most the pixels that area says", np.greater_equal),
            *_BOX,
            _among("size", "small", "medium", "large"),
            _at_least("weight", 0),
            QualityRule(
                "orientation_unknown", ("orientation",), "orientation is from 1 to 8", lambda values: (values >= 1) & (values <= 8)
            ),
            _at_least("block_left", 0),
            _at_least("block_top", 0),
        ),
    }
)
"""What is expected of each table, the rule of its id first; `jobs.quality.violations` finds the measures, which no contract has."""
