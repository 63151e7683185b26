"""An epoch is a pure function of the index, the seed and the epoch; ranks share it without a double."""

import numpy as np
import pytest

from training.crop_index import CropIndex
from training.order import WINDOW, EpochPlan, RankShare, epoch_plan, steps_of


def _index(crops: int, *, group_size: int = 5, weights: np.ndarray | None = None) -> CropIndex:
    numbers = np.arange(crops)
    groups = numbers // group_size
    weight = np.ones(crops) if weights is None else weights
    return CropIndex(("a", "b"), groups % 2, groups // 2, numbers % group_size, weight)


def _positions(order: EpochPlan) -> list[int]:
    return [int(position) for position in order.positions]


def test_equal_seeds_give_the_equal_order_and_other_epochs_another() -> None:
    index, share = _index(100), RankShare(0, 1, 8)
    first = _positions(epoch_plan(index, share, seed=1, epoch=0))
    assert first == _positions(epoch_plan(index, share, seed=1, epoch=0))
    assert first != _positions(epoch_plan(index, share, seed=1, epoch=1))
    assert first != _positions(epoch_plan(index, share, seed=2, epoch=0))


@pytest.mark.parametrize("crops", [1, 7, 64, 1003])
@pytest.mark.parametrize("batch", [1, 8, 5000])
def test_one_rank_sees_every_crop_once_in_batches_of_nearly_one_size(crops: int, batch: int) -> None:
    order = epoch_plan(_index(crops), RankShare(0, 1, batch), seed=3, epoch=2)
    assert sorted(_positions(order)) == list(range(crops))
    sizes = np.diff(order.bounds)
    assert sizes.sum() == crops
    assert sizes.max() <= batch
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(order.totals, sizes)


@pytest.mark.parametrize("world_size", [2, 3, 7])
@pytest.mark.parametrize("crops", [7, 50, 1001])
def test_ranks_see_every_crop_once_in_equally_many_steps(world_size: int, crops: int) -> None:
    orders = [epoch_plan(_index(crops), RankShare(rank, world_size, 8), seed=3, epoch=0) for rank in range(world_size)]
    assert sorted(position for order in orders for position in _positions(order)) == list(range(crops))
    assert {len(order.bounds) - 1 for order in orders} == {steps_of(crops, RankShare(0, world_size, 8))}
    together = sum(np.diff(order.bounds) for order in orders)
    assert all(np.array_equal(order.totals, together) for order in orders)
    assert max(len(order.positions) for order in orders) - min(len(order.positions) for order in orders) <= 1


def test_a_rank_reads_only_its_share_of_the_row_groups() -> None:
    index = _index(4000)
    orders = [epoch_plan(index, RankShare(rank, 4, 8), seed=3, epoch=0) for rank in range(4)]
    groups = [set(zip(index.file[order.positions], index.group[order.positions], strict=True)) for order in orders]
    assert sum(len(share) for share in groups) <= 800 + 3


def test_a_window_holds_few_row_groups_and_is_left_for_good() -> None:
    index = _index(4000)
    order = epoch_plan(index, RankShare(0, 1, 8), seed=3, epoch=0)
    assert np.all(np.diff(order.windows) >= 0)
    for window in np.unique(order.windows):
        inside = order.positions[order.windows == window]
        assert len(set(zip(index.file[inside], index.group[inside], strict=True))) <= WINDOW


def test_crops_of_one_row_group_are_spread_over_their_window() -> None:
    index = _index(4000)
    order = epoch_plan(index, RankShare(0, 1, 8), seed=3, epoch=0)
    neighbours = np.mean((np.diff(index.group[order.positions]) == 0) & (np.diff(index.file[order.positions]) == 0))
    assert neighbours < 0.1


def test_weights_are_honoured_on_average_and_the_epoch_keeps_its_size() -> None:
    weights = np.where(np.arange(200) < 50, 3.0, 1.0)
    index = _index(200, weights=weights)
    counts = np.zeros(200)
    for epoch in range(60):
        order = epoch_plan(index, RankShare(0, 1, 8), seed=0, epoch=epoch)
        assert len(order.positions) == 200
        np.add.at(counts, order.positions, 1)
    assert counts[:50].mean() / counts[50:].mean() == pytest.approx(3, rel=0.05)


def test_a_crop_that_comes_twice_is_counted() -> None:
    order = epoch_plan(_index(3, weights=np.asarray([4.0, 1.0, 1.0])), RankShare(0, 1, 8), seed=0, epoch=0)
    of_first = sorted(int(n) for n in order.occurrences[order.positions == 0])
    assert of_first == list(range(len(of_first)))
    assert len(of_first) == 2


def test_more_ranks_than_crops_are_refused() -> None:
    with pytest.raises(ValueError, match="2 crops cannot feed 3 ranks"):
        epoch_plan(_index(2), RankShare(0, 3, 8), seed=0, epoch=0)
