"""Which groups of images `jobs.label.duplicates` joins."""

import numpy as np
import pyarrow as pa
import pytest

from jobs.label.duplicates import JoinedGroup, join_groups, near_pairs, regroup
from lake.errors import ContractError

A, A1, A3, FAR = (f"{value:016x}" for value in (0xFF00FF00FF00FF00, 0xFF00FF00FF00FF01, 0xFF00FF00FF00FF07, 0x00FF00FF00FF00FF))


def _images(*rows: tuple[str, str, str, str | None]) -> pa.Table:
    names = ("image_id", "group_id", "split", "phash")
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})


def test_look_alikes_within_the_distance_are_joined_in_training() -> None:
    images = _images(("1", "g1", "test", A), ("2", "g2", "train", A1), ("3", "g3", "test", FAR))
    joined = join_groups(images, 1)
    assert joined.groups == {"g1": JoinedGroup("g2", "train")}
    assert (joined.alike, joined.largest) == (1, 2)
    assert (
        regroup(images, joined.groups).to_pylist()
        == _images(("1", "g2", "train", A), ("2", "g2", "train", A1), ("3", "g3", "test", FAR)).to_pylist()
    )


def test_beyond_the_distance_nothing_is_joined() -> None:
    joined = join_groups(_images(("1", "g1", "test", A), ("2", "g2", "train", A3)), 2)
    assert (joined.groups, joined.alike, joined.largest) == ({}, 0, 1)


def test_chains_join_and_the_first_name_of_the_winning_split_stays() -> None:
    images = _images(("1", "d", "test", A), ("2", "c", "val", A1), ("3", "b", "val", A3))
    assert join_groups(images, 2).groups == {"c": JoinedGroup("b", "val"), "d": JoinedGroup("b", "val")}


def test_the_same_bytes_in_two_groups_join_them_without_any_hash() -> None:
    images = _images(("1", "g1", "test", None), ("1", "g2", "train", None), ("2", "g3", "test", None))
    assert join_groups(images, None).groups == {"g1": JoinedGroup("g2", "train")}


def test_without_a_distance_look_alikes_stay_apart() -> None:
    assert join_groups(_images(("1", "g1", "test", A), ("2", "g2", "train", A)), None).groups == {}


def test_images_without_a_hash_are_like_no_other() -> None:
    assert join_groups(_images(("1", "g1", "test", None), ("2", "g2", "train", None)), 63).groups == {}


def test_all_images_of_a_joined_group_move() -> None:
    images = _images(("1", "g1", "test", A), ("2", "g2", "train", A), ("3", "g1", "test", FAR))
    moved = regroup(images, join_groups(images, 0).groups)
    assert moved.column("split").to_pylist() == ["train"] * 3


def test_a_group_in_two_splits_is_refused() -> None:
    with pytest.raises(ContractError, match=r"group 'g1' lies in two splits.*run `centrepiece ingest` again"):
        join_groups(_images(("1", "g1", "test", A), ("2", "g1", "train", FAR)), None)


@pytest.mark.parametrize("distance", [0, 1, 3, 6, 13])
def test_near_pairs_are_those_that_comparing_all_finds(distance: int) -> None:
    random = np.random.default_rng(distance)
    hashes = random.integers(0, 2**64, 120, dtype=np.uint64)
    flips = [np.uint64(sum(1 << int(bit) for bit in random.choice(64, flipped, replace=False))) for flipped in range(1, 15)]
    hashes = np.unique(np.concatenate([hashes, *(hashes[:8] ^ flip for flip in flips)]))
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    expected = np.argwhere(np.triu(apart <= distance, 1))
    assert near_pairs(hashes, distance).tolist() == expected.tolist()
    assert len(expected) > 0 or distance == 0


def test_a_distance_of_all_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a distance of 0 to 63 bits, got 64"):
        near_pairs(np.zeros(0, np.uint64), 64)
