"""Shards follow from the plan alone."""

import hashlib

import numpy as np
import pyarrow as pa

from jobs.crop.shards import CROPS_PER_SHARD, LEAST_CROPS_PER_SHARD, PIXELS_PER_SHARD, assign_rows, assign_shards, image_loads


def loads(crops: list[int], side: int = 10) -> pa.Table:
    names = [hashlib.sha256(str(row).encode()).hexdigest() for row in range(len(crops))]
    return pa.table({"image_id": names, "crops": crops, "pixels": [count * side * side for count in crops]}).sort_by("image_id")


def plan_batch(ids: list[str], side: int) -> pa.RecordBatch:
    sides = pa.array([side] * len(ids), pa.int32())
    return pa.record_batch({"image_id": ids, "window_width": sides, "window_height": sides})


def test_loads_add_up_over_batches_whatever_their_order() -> None:
    batches = [plan_batch(["b", "a", "b"], 10), plan_batch(["a"], 100_000)]
    expected = [{"image_id": "a", "crops": 2, "pixels": 10_000_000_100}, {"image_id": "b", "crops": 2, "pixels": 200}]
    assert image_loads(batches).to_pylist() == expected
    assert image_loads(batches[::-1]).to_pylist() == expected


def test_shards_hold_whole_images_up_to_their_share() -> None:
    counts = np.random.default_rng(1).integers(1, 15, 20_000).tolist()
    images = loads(counts)
    assignment, shards = assign_shards(images)
    held = np.bincount(assignment.column("first_shard").to_numpy(), weights=images.column("crops").to_numpy())
    assert len(held) == shards
    assert held.max() <= CROPS_PER_SHARD
    assert held.mean() > CROPS_PER_SHARD / 2


def test_a_few_edits_change_a_few_shards() -> None:
    counts = np.random.default_rng(1).integers(1, 15, 20_000)
    edited = counts.copy()
    edited[[5, 4_000, 19_999]] += 3
    before, after = (set(_held(loads(numbers.tolist()))) for numbers in (counts, edited))
    more = set(_held(loads([*counts.tolist(), 4, 4])))
    assert len(after - before) <= 3 + 1 and len(more - before) <= 2 + 1
    assert len(before) > 64


def _held(images: pa.Table) -> list[tuple[tuple[str, int], ...]]:
    """Return each shard's images and their crops."""
    assignment, _ = assign_shards(images)
    shards: dict[int, list[tuple[str, int]]] = {}
    for name, count, shard in zip(
        images.column("image_id").to_pylist(),
        images.column("crops").to_pylist(),
        assignment.column("first_shard").to_pylist(),
        strict=True,
    ):
        shards.setdefault(shard, []).append((name, count))
    return [tuple(found) for found in shards.values()]


def test_an_image_beyond_one_share_takes_several_shards_of_its_own() -> None:
    ids = ["0" * 64, "7" * 64, "7" * 63 + "8"]
    assignment, shards = assign_shards(pa.table({"image_id": ids, "crops": [3, 5000, 3], "pixels": [3, 5000, 3]}))
    first, count = (assignment.column(name).to_pylist() for name in ("first_shard", "shards"))
    assert count[0] == count[2] == 1 and count[1] >= 5000 / CROPS_PER_SHARD
    assert first == [0, 1, 1 + count[1]] and shards == first[2] + 1


def test_pixels_fill_a_shard_as_crops_do() -> None:
    assignment, _ = assign_shards(loads([2] * 300, side=1024))
    held = np.bincount(assignment.column("first_shard").to_numpy(), weights=[2 * 1024 * 1024] * 300)
    assert held.max() <= PIXELS_PER_SHARD


def test_a_small_plan_is_cut_fine_enough_for_a_few_cores() -> None:
    assert 10 <= assign_shards(loads([7] * 120))[1] <= 2 * 7 * 120 / LEAST_CROPS_PER_SHARD


def test_no_plan_needs_no_shard() -> None:
    assignment, shards = assign_shards(image_loads([]))
    assert (len(assignment), shards) == (0, 0)


def test_every_crop_is_dealt_once_with_the_instances_of_its_image() -> None:
    images = ["a"] * 3 + ["b"] * 400 + ["c"] * 2
    crops = [f"{number * 2654435761 % 2**32:08x}" for number in range(len(images))]
    plan = pa.table({"image_id": images, "crop_id": crops})
    instances = pa.table({"image_id": ["b", "a", "stranger", "c", "b"], "instance_id": ["b1", "a1", "x", "c1", "b2"]})
    assignment, shards = assign_shards(pa.table({"image_id": ["a", "b", "c"], "crops": [3, 400, 2], "pixels": [3, 400, 2]}))
    dealt = {rows.shard: rows for rows in assign_rows(plan, instances, assignment)}
    assert sorted(dealt) == list(range(shards)) and shards > 5
    assert sorted(name for rows in dealt.values() for name in rows.plan.column("crop_id").to_pylist()) == sorted(crops)
    for rows in dealt.values():
        held = set(rows.plan.column("image_id").to_pylist())
        known = rows.instances.column("instance_id").to_pylist()
        assert sorted(known) == sorted(name for name in ("a1", "b1", "b2", "c1") if name[0] in held)
