"""Which pictures a source with a split of its own keeps, and which other sources lose to it."""

import pyarrow as pa

from jobs.label.duplicates import JoinedGroup
from jobs.label.final_splits import final_splits

A, A1, A3, FAR = (f"{value:016x}" for value in (0xFF00FF00FF00FF00, 0xFF00FF00FF00FF01, 0xFF00FF00FF00FF07, 0x00FF00FF00FF00FF))


def images(*rows: tuple[str, str, str, str, str | None]) -> pa.Table:
    names = ("source", "image_id", "group_id", "split", "phash")
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})


def test_without_a_split_of_its_own_the_duplicate_moves_and_with_one_it_stays() -> None:
    rows = images(("own", "1", "1", "test", None), ("other", "1", "1", "test", None), ("other", "1", "drive", "train", None))
    drawn, _ = final_splits(rows, {}, None)
    assert drawn.applied(rows).column("split").to_pylist() == ["train"] * 3
    fixed, _ = final_splits(rows, {"own": "test"}, None)
    assert fixed.applied(rows.slice(0, 1)).column("split").to_pylist() == ["test"]
    assert fixed.held_out == {"1": "own"}


def test_the_same_bytes_the_same_group_and_the_like_of_it_are_held_out() -> None:
    rows = images(
        ("own", "1", "g1", "train", A),
        ("other", "1", "h", "train", A),
        ("other", "2", "g1", "train", FAR),
        ("other", "3", "i", "train", A1),
        ("other", "4", "j", "train", A3),
        ("third", "5", "k", "train", A),
    )
    assert final_splits(rows, {"own": "test"}, 1)[0].held_out == {"1": "own", "2": "own", "3": "own", "5": "own"}
    assert final_splits(rows, {"own": "test"}, None)[0].held_out == {"1": "own", "2": "own"}


def test_what_is_held_out_chains_no_groups_and_no_group_crosses_into_a_fixed_split() -> None:
    rows = images(
        ("own", "1", "g1", "train", A),
        ("other", "1", "h1", "train", A),
        ("other", "1", "h2", "test", A),
        ("other", "6", "h3", "test", FAR),
        ("other", "6", "h4", "train", FAR),
    )
    splits, joined = final_splits(rows, {"own": "val"}, 1)
    assert splits.groups[""] == {"h3": JoinedGroup("h4", "train")} == joined.groups
    final = splits.applied(rows)
    assert [row["split"] for row in final.to_pylist() if row["source"] == "own"] == ["val"]


def test_two_fixed_splits_that_share_a_picture_both_keep_it() -> None:
    rows = images(("one", "1", "g", "train", A), ("two", "1", "g", "train", A))
    splits, _ = final_splits(rows, {"one": "val", "two": "test"}, 2)
    assert splits.held_out == {}
    assert {row["source"]: row["split"] for row in splits.applied(rows).to_pylist()} == {"one": "val", "two": "test"}
