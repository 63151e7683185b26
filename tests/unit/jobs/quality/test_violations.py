"""Rows that break a rule of their table are found, counted and named, whatever batch they are in."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jobs.quality.measures import identity_words, repeated_words
from jobs.quality.rules import RULES
from jobs.quality.violations import REFERENCE, Violations, columns_of, find_violations, joined_violations
from lake.contracts import TABLES
from lake.schemas import arrow_schema
from tests.support.checked_rows import sound_rows, with_nulls

Fault = tuple[dict[str, Any], set[str]]


def found_in(table: str, *batches: pa.Table) -> Violations:
    """Find what is wrong with the batches of a table, as workers and driver do together."""
    duplicates = repeated_words([identity_words(rows.column(columns_of(table)[0])) for rows in batches])
    return joined_violations([find_violations(table, rows.select(columns_of(table)), duplicates) for rows in batches])


def broken_rules(found: Violations) -> dict[str, set[str]]:
    """Return the rows that are named, by the rule that they break; every one is counted, too."""
    broken = {}
    for sentence in found.sentences():
        said = re.match(r"(\w+): (\d+) of (\d+) rows break '", sentence)
        assert said is not None
        broken[said[1]] = set(re.findall(r"source_ref '(:\d+)'", sentence))
        assert (int(said[2]), int(said[3])) == (len(broken[said[1]]), found.rows)
    return broken


@pytest.mark.parametrize("table", sorted(RULES))
def test_sound_rows_break_no_rule(table: str) -> None:
    found = found_in(table, sound_rows(table, {}, {}))
    assert (found.rows, found.counts, found.sentences()) == (2, (0,) * len(RULES[table]), [])


SHARED: list[Fault] = [
    ({"scene": "half"}, {"scene_unknown"}),
    ({"image_id": "xyz"}, {"image_id_malformed"}),
    ({"components": 0}, {"components_below_1"}),
    ({"holes": -1}, {"holes_below_0"}),
]
OF_MASKS: list[Fault] = [
    ({"area": 0}, {"area_below_1", "area_differs_from_mask"}),
    ({"area": 33}, {"area_differs_from_mask"}),
    ({"area": 36}, {"area_differs_from_mask", "area_exceeds_box"}),
    ({"geometry": "0`1"}, {"area_differs_from_mask", "owns_centre_differs_from_mask"}),
    ({"geometry": "~"}, {"area_differs_from_mask"}),
    ({"owns_centre": True}, {"owns_centre_differs_from_mask"}),
    ({"box_width": 8}, {"box_beyond_right_edge", "owns_centre_differs_from_mask"}),
    ({"box_height": 7}, {"box_beyond_bottom_edge", "owns_centre_differs_from_mask"}),
    ({"box_x": -1}, {"box_x_below_0", "owns_centre_differs_from_mask"}),
    ({"box_y": -1}, {"box_y_below_0", "owns_centre_differs_from_mask"}),
    ({"box_width": 0}, {"box_width_below_1", "area_exceeds_box", "owns_centre_differs_from_mask"}),
    ({"box_height": 0}, {"box_height_below_1", "area_exceeds_box", "owns_centre_differs_from_mask"}),
    ({"instance_id": "0" * 64}, {"duplicate_id"}),
    ({"instance_id": "XYZ"}, {"instance_id_malformed"}),
]
FAULTS: dict[str, list[Fault]] = {
    "annotations": [*SHARED, *OF_MASKS, ({"label": " "}, {"label_blank"})],
    "instances": [
        *(*SHARED, *OF_MASKS, ({"class_id": ""}, {"kept_without_class"})),
        *(({"split": "dev"}, {"split_unknown"}), ({"disposition": "lost"}, {"disposition_unknown"})),
    ],
    "crops": [
        *(*SHARED, ({"box_x": -1}, {"box_x_below_0"}), ({"box_y": -1}, {"box_y_below_0"})),
        *(({"box_width": 8}, {"box_beyond_right_edge"}), ({"box_height": 6}, {"box_beyond_bottom_edge"})),
        *(({"box_width": 0}, {"box_width_below_1", "area_exceeds_box"}), ({"box_height": 0}, {"box_height_below_1", "area_exceeds_box"})),
        *(({"area": 36}, {"area_exceeds_box"}), ({"area": 33}, {"mask_exceeds_area"}), ({"mask": b"~"}, {"mask_pixels_below_1"})),
        *(({"split": "dev"}, {"split_unknown"}), ({"split": "train"}, {"train_crop_without_centre"})),
        ({"split": "train", "owns_centre": True}, {"train_crop_without_centre", "owns_centre_differs_from_mask"}),
        *(({"crop_id": "0" * 64}, {"duplicate_id"}), ({"crop_id": "0"}, {"crop_id_malformed"})),
        *(({"instance_id": ""}, {"instance_id_malformed"}), ({"class_path": " "}, {"class_path_blank"})),
        *(({"window_left": 8}, {"visible_width_below_1"}), ({"window_top": 6}, {"visible_height_below_1"})),
        ({"window_width": 0}, {"window_width_below_1", "visible_width_below_1"}),
        ({"window_height": 0}, {"window_height_below_1", "visible_height_below_1"}),
        *(({"weight": -1.0}, {"weight_below_0"}), ({"weight": float("nan")}, {"weight_below_0"}), ({"size": "huge"}, {"size_unknown"})),
        *(({"orientation": 0}, {"orientation_unknown"}), ({"orientation": 9}, {"orientation_unknown"})),
        *(({"block_left": -1}, {"block_left_below_0"}), ({"block_top": -1}, {"block_top_below_0"})),
    ],
}


@pytest.mark.parametrize("table", sorted(RULES))
def test_each_planted_fault_breaks_its_rules_and_each_rule_is_broken_by_one(table: str) -> None:
    breaking = set()
    for change, rules in FAULTS[table]:
        broken = broken_rules(found_in(table, sound_rows(table, {}, change)))
        assert broken == {rule: {":0", ":1"} if rule == "duplicate_id" else {":1"} for rule in rules}, change
        breaking |= rules
    assert breaking == {rule.name for rule in RULES[table]}


@pytest.mark.parametrize("table", sorted(RULES))
def test_a_null_breaks_every_rule_that_reads_it(table: str) -> None:
    identity = columns_of(table)[0]
    rows = sound_rows(table, {}, {}, {})
    for column in {column for rule in RULES[table] for column in rule.columns if column in rows.column_names}:
        found = broken_rules(found_in(table, with_nulls(rows, column, 1)))
        assert found.keys() >= {rule.name for rule in RULES[table] if column in rule.columns}
        assert set.union(*found.values()) == {":1"}
    (sentence,) = found_in(table, with_nulls(rows, identity, 1)).sentences()
    assert re.search(rf"^{identity}_malformed: 1 of 3 rows.*\({identity} None, source_ref ':1'\)$", sentence)


def test_named_rows_are_capped_and_show_the_values_that_break_the_rule() -> None:
    (blank,) = found_in("annotations", sound_rows("annotations", *[{"label": " "}] * 50)).sentences()
    assert "label_blank: 50 of 50 rows break 'label holds more than white space' (instance_id '0000" in blank
    assert "source_ref ':0', label ' '; " in blank
    assert blank.endswith("; …)")
    assert blank.count("source_ref") == 5
    (area,) = found_in("annotations", sound_rows("annotations", {"area": 33})).sentences()
    assert area.endswith("source_ref ':0', area 33, mask_pixels 34)")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_batches_find_what_the_whole_table_does(size: int) -> None:
    rows = sound_rows("crops", {}, *(change for change, _ in FAULTS["crops"]))
    batches = [rows.slice(start, size) for start in range(0, len(rows), size)]
    assert found_in("crops", *batches) == found_in("crops", rows)


def test_ids_of_two_batches_are_duplicates_whatever_they_look_like() -> None:
    batches = [sound_rows("instances", {"instance_id": name}, {"instance_id": name[::-1]}) for name in ("é", "", "0" * 63 + "1", "é")]
    found = found_in("instances", *batches)
    names = [rule.name for rule in RULES["instances"]]
    assert found.counts[names.index("duplicate_id")] == 6  # four of "é", two of ""
    assert identity_words(pa.chunked_array([["0123456789abcdef" + "f" * 48]])).tolist() == [0x0123456789ABCDEF]


def test_whole_numbers_are_compared_without_overflow() -> None:
    most = int(np.iinfo(np.int32).max)
    broken = broken_rules(found_in("annotations", sound_rows("annotations", {"box_x": most, "box_width": most})))
    assert "box_beyond_right_edge" in broken


@pytest.mark.parametrize("table", sorted(RULES))
def test_every_rule_reads_columns_that_its_table_has(table: str) -> None:
    assert {*columns_of(table), REFERENCE} <= set(arrow_schema(TABLES[table]).names)
    assert not {"pixels", "ignore"} & set(columns_of(table))
