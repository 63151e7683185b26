"""What `lake.splits` promises of one group's split."""

import pytest

from lake.configuration import Splits
from lake.splits import SPLITS, group_draw, split_of, splits_of


def test_a_group_stays_in_its_split_whatever_other_groups_there_are() -> None:
    few = splits_of(["a", "b"], Splits())
    many = splits_of([*"zyx", "a", "b"], Splits())
    assert few == many[-2:]


def test_the_split_of_a_known_group_never_changes_between_releases() -> None:
    drawn = [split_of(f"group-{number}", Splits()) for number in range(12)]
    assert drawn == [
        "train", "train", "test", "train", "val", "train", "train", "train", "train", "train", "train", "train",
    ]  # fmt: skip


def test_shares_hold_over_many_groups() -> None:
    drawn = splits_of([f"group-{number}" for number in range(20_000)], Splits(train=0.7, val=0.2, test=0.1))
    shares = {split: drawn.count(split) / len(drawn) for split in SPLITS}
    assert shares == pytest.approx({"train": 0.7, "val": 0.2, "test": 0.1}, abs=0.01)


def test_a_split_with_no_share_gets_no_group() -> None:
    groups = [f"group-{number}" for number in range(2_000)]
    assert set(splits_of(groups, Splits(train=1, val=0, test=0))) == {"train"}
    assert set(splits_of(groups, Splits(train=0.5, val=0.5, test=0))) == {"train", "val"}
    assert set(splits_of(groups, Splits(train=0, val=0, test=1))) == {"test"}


def test_another_salt_draws_anew() -> None:
    assert group_draw("a", "one") != group_draw("a", "two")


def test_salt_and_group_are_kept_apart_in_the_draw() -> None:
    assert group_draw("bc", "a") != group_draw("c", "ab")


def test_a_group_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a group_id, got ''"):
        split_of("", Splits())
