from itertools import permutations

import pyarrow as pa
import pytest

from evaluation.scores.strata import crowding_class, parse_pattern, shown_patterns, strata_of, thinness_class
from lake.contracts import STRATUM_COLUMNS
from lake.errors import ConfigurationError

ROWS = pa.table(
    {
        "domain": ["a", "a", "b", "b", "b"],
        "class_id": ["x", "y", "x", "x", "z"],
        "owns_centre": [True, False, True, True, True],
    }
)


def test_all_is_every_row() -> None:
    assert [(stratum.name, stratum.rows.tolist()) for stratum in strata_of(ROWS, parse_pattern("all"))] == [("all", [0, 1, 2, 3, 4])]


def test_nested_strata_hold_the_rows_of_each_combination() -> None:
    found = {stratum.name: stratum.rows.tolist() for stratum in strata_of(ROWS, parse_pattern("domain=*/class=*"))}
    assert found == {"domain=a/class=x": [0], "domain=a/class=y": [1], "domain=b/class=x": [2, 3], "domain=b/class=z": [4]}


def test_a_glob_and_a_flag_select() -> None:
    assert [stratum.name for stratum in strata_of(ROWS, parse_pattern("class=[xz]"))] == ["class=x", "class=z"]
    assert [stratum.rows.tolist() for stratum in strata_of(ROWS, parse_pattern("owns_centre=false"))] == [[1]]


def test_no_row_is_no_stratum() -> None:
    assert strata_of(ROWS.slice(0, 0), parse_pattern("all")) == []
    assert strata_of(ROWS, parse_pattern("domain=c")) == []
    assert strata_of(ROWS.slice(0, 0), parse_pattern("domain=*")) == []


@pytest.mark.parametrize("text", ["colour=red", "domain", "domain=", "domain=a/domain=b", ""])
def test_a_pattern_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="stratum"):
        parse_pattern(text)


def test_thinness_and_crowding_are_classed() -> None:
    assert [thinness_class(value) for value in (0.1, 0.3, 0.9)] == ["thin", "medium", "compact"]
    assert [crowding_class(count) for count in (0, 1, 2, 3)] == ["alone", "touching", "touching", "crowded"]


def test_a_report_shows_each_nesting_and_each_gated_pattern_once() -> None:
    shown = shown_patterns(("class", "domain/owns_centre"), ("all", "class=*", "class=x/domain=a"))
    assert [str(pattern) for pattern in shown] == ["all", "class=*", "domain=*/owns_centre=*", "class=x/domain=a"]


def test_every_attribute_nests_in_every_other() -> None:
    columns = {column: ["true", "false"] for column in STRATUM_COLUMNS.values()}
    rows = pa.table(columns)
    for nesting in permutations(STRATUM_COLUMNS, 2):
        (pattern,) = shown_patterns(["/".join(nesting)], [])[1:]
        assert [len(stratum.rows) for stratum in strata_of(rows, pattern)] == [1, 1]
