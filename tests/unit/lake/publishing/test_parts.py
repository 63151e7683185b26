import pytest

from lake.errors import ContractError
from lake.publishing.parts import checked_part, overlap, part_name, part_of


@pytest.mark.parametrize("part", [{}, {"source": "a"}, {"stage": "in/gest", "source": "ü =*%"}, {"source": "*"}])
def test_the_name_of_a_part_names_it_alone(part: dict[str, str]) -> None:
    assert part_of(part_name(part)) == part


def test_the_name_does_not_depend_on_the_order_of_columns() -> None:
    assert part_name({"stage": "s", "source": "a"}) == part_name({"source": "a", "stage": "s"}) == "source=a/stage=s"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {"source": "a"}, True),
        ({"source": "a"}, {"source": "b"}, False),
        ({"source": "a"}, {"stage": "s"}, True),
        ({"source": "a", "stage": "s"}, {"source": "a", "stage": "t"}, False),
    ],
)
def test_parts_overlap_unless_a_column_tells_them_apart(one: dict[str, str], other: dict[str, str], expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


def test_a_part_is_of_the_tables_own_columns() -> None:
    assert list(checked_part("rejects", {"source": "a", "stage": "s"})) == ["stage", "source"]
    with pytest.raises(ContractError, match=r"table 'crops' has parts by \[\], got \['split'\]"):
        checked_part("crops", {"split": "train"})
