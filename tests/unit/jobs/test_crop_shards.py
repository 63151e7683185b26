"""Shards follow from the plan alone."""

import numpy as np
import pyarrow as pa

from jobs.crop_shards import CROPS_PER_SHARD, LEAST_CROPS_PER_SHARD, PIXELS_PER_SHARD, assign_shards, image_loads


def loads(crops: list[int], side: int = 10) -> pa.Table:
    names = [f"image-{row:06d}" for row in range(len(crops))]
    return pa.table({"image_id": names, "crops": crops, "pixels": [count * side * side for count in crops]})


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
    assignment, shards = assign_shards(loads(counts))
    held = np.bincount(assignment.column("first_shard").to_numpy(), weights=counts)
    assert len(held) == shards
    assert held.max() <= CROPS_PER_SHARD
    assert held[:-1].min() > CROPS_PER_SHARD - 15


def test_an_image_beyond_one_share_takes_several_shards_of_its_own() -> None:
    assignment, shards = assign_shards(loads([3, 5000, 3]))
    first, count = (assignment.column(name).to_pylist() for name in ("first_shard", "shards"))
    assert count[0] == count[2] == 1 and count[1] >= 5000 / CROPS_PER_SHARD
    assert first == [0, 1, 1 + count[1]] and shards == first[2] + 1


def test_pixels_fill_a_shard_as_crops_do() -> None:
    assignment, _ = assign_shards(loads([2] * 300, side=1024))
    held = np.bincount(assignment.column("first_shard").to_numpy(), weights=[2 * 1024 * 1024] * 300)
    assert held.max() <= PIXELS_PER_SHARD


def test_a_small_plan_is_cut_fine_enough_for_a_few_cores() -> None:
    assert 10 <= assign_shards(loads([7] * 120))[1] <= 7 * 120 / LEAST_CROPS_PER_SHARD + 1


def test_no_plan_needs_no_shard() -> None:
    assignment, shards = assign_shards(image_loads([]))
    assert (len(assignment), shards) == (0, 0)
