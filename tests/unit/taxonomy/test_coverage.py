"""What `taxonomy.coverage` says of the labels in use."""

from pathlib import Path

from taxonomy.classes import Taxonomy
from taxonomy.coverage import CoverageRow, coverage
from taxonomy.label_maps import LabelMap
from taxonomy.labelling import LabelCount, Labelling
from taxonomy.tree import grow

LABELS = {"Bike": "bicycle", "air": "sky", "void": "", "tram": "bus", "cat": "cat"}
LABELLING = Labelling(
    Taxonomy(grow({"vehicle": {"bicycle": {}, "bus": {}, "car": {}}, "cat": {}, "sky": {}}), ("sky",), ("vehicle",)),
    {"acme": LabelMap("acme", LABELS, {label.casefold(): target for label, target in LABELS.items()})},
    Path("maps"),
)
COUNTS = [
    LabelCount("acme", "BIKE", 5),
    LabelCount("acme", "air", 50),
    LabelCount("acme", "void", 2),
    LabelCount("acme", "cat", 3),
    LabelCount("acme", "zebra", 1),
    LabelCount("rapid", "bike", 7),
]


def test_each_label_has_its_state_by_customer_and_falling_count() -> None:
    assert coverage(LABELLING, COUNTS).labels == (
        CoverageRow("acme", "air", 50, "sky", "background"),
        CoverageRow("acme", "BIKE", 5, "vehicle/bicycle", "kept"),
        CoverageRow("acme", "cat", 3, "cat", "unapproved"),
        CoverageRow("acme", "void", 2, "", "ignored"),
        CoverageRow("acme", "zebra", 1, "", "unmapped"),
        CoverageRow("rapid", "bike", 7, "", "unmapped"),
    )


def test_approved_classes_that_nothing_reaches_are_named() -> None:
    assert coverage(LABELLING, COUNTS).unused_classes == ("vehicle/bus", "vehicle/car")


def test_entries_that_no_label_uses_are_named() -> None:
    assert coverage(LABELLING, COUNTS).unused_entries == (("acme", "tram"),)


def test_totals_are_by_customer_and_state() -> None:
    assert coverage(LABELLING, COUNTS).totals() == {
        "acme": {"background": 50, "kept": 5, "unapproved": 3, "ignored": 2, "unmapped": 1},
        "rapid": {"unmapped": 7},
    }
