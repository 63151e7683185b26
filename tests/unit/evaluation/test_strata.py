import pyarrow as pa
import pytest

from evaluation.strata import crowding_class, parse_pattern, strata_of, thinness_class
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
