"""Batches hold what the order says, whatever the number of threads, and start at any step."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from lake.errors import DamagedFileError
from lake.lake import open_lake
from tests.support.training_lakes import publish_crops, training_pipeline
from training.augmentation import draw_change
from training.crop_index import CropIndex, index_crops
from training.loader import Batch, EpochLoader, LoaderSpec
from training.order import EpochPlan, RankShare, epoch_plan
from training.samples import SAMPLE_COLUMNS, read_sample

CANVAS = 32


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> LoaderSpec:
    pipeline = training_pipeline(tmp_path_factory.mktemp("world"))
    lake = open_lake(pipeline)
    index = index_crops(lake.store, [file.path for file in lake.files("crops")], ["train"])
    return LoaderSpec(lake.store, index, CANVAS, seed=5, augmented=True, threads=2)


def _order(index: CropIndex, *, epoch: int = 1) -> EpochPlan:
    return epoch_plan(index, RankShare(0, 1, 4), seed=5, epoch=epoch)


def _taken(loader: EpochLoader) -> list[Batch]:
    return [Batch(*(tensor.clone() for tensor in batch)) for batch in loader]


def test_the_index_finds_the_crops_of_the_split(reading: LoaderSpec, tmp_path: Path) -> None:
    lake = open_lake(training_pipeline(tmp_path))
    rows = lake.read("crops", columns=["split"])["split"].to_pylist()
    assert len(reading.index) == rows.count("train") < len(rows)


def test_batches_hold_the_ordered_crops_with_their_changes(reading: LoaderSpec) -> None:
    order = _order(reading.index)
    batches = _taken(EpochLoader(reading, order, epoch=1, world_size=1))
    assert [len(batch.pixels) for batch in batches] == np.diff(order.bounds).tolist()
    pixels, soft_mask = torch.cat([batch.pixels for batch in batches]), torch.cat([batch.soft_mask for batch in batches])
    rows = _rows(reading)
    for draw, position in enumerate(order.positions):
        row = rows[position]
        sample = read_sample(row, CANVAS, draw_change(5, 1, 0, row["crop_id"]))
        assert np.array_equal(pixels[draw].numpy(), sample.pixels)
        assert np.array_equal(soft_mask[draw].numpy(), sample.soft_mask)


def test_a_crop_that_does_not_open_is_named_with_its_instance_and_shard(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path)
    lake = open_lake(pipeline)
    crops = lake.read("crops")
    damaged = pa.array([b"\xff\xd8\xff no image" if row == 5 else pixels for row, pixels in enumerate(crops["pixels"].to_pylist())])
    publish_crops(pipeline, crops.set_column(crops.schema.get_field_index("pixels"), crops.schema.field("pixels"), damaged), shards=3)
    lake = open_lake(pipeline)
    index = index_crops(lake.store, [file.path for file in lake.files("crops")], ["train", "test"])
    loader = EpochLoader(LoaderSpec(lake.store, index, CANVAS, 5, True, 2), _order(index), epoch=1, world_size=1)
    crop, instance = (crops[name][5].as_py() for name in ("crop_id", "instance_id"))
    with pytest.raises(DamagedFileError, match=rf"shard-.*parquet: crop '{crop}' of instance '{instance}' does not open"):
        _taken(loader)


def test_more_threads_give_the_same_batches(reading: LoaderSpec) -> None:
    one = LoaderSpec(reading.store, reading.index, CANVAS, seed=5, augmented=True, threads=1)
    order = _order(reading.index)
    pairs = zip(
        _taken(EpochLoader(one, order, epoch=1, world_size=1)), _taken(EpochLoader(reading, order, epoch=1, world_size=1)), strict=True
    )
    assert all(torch.equal(left, right) for pair in pairs for left, right in zip(*pair, strict=True))


def test_a_loader_can_start_at_any_step(reading: LoaderSpec) -> None:
    order = _order(reading.index)
    whole = _taken(EpochLoader(reading, order, epoch=1, world_size=1))
    rest = _taken(EpochLoader(reading, order, epoch=1, world_size=1, first_step=2))
    assert len(rest) == len(whole) - 2
    assert all(torch.equal(left.pixels, right.pixels) for left, right in zip(rest, whole[2:], strict=True))


def test_a_batch_stays_as_it_is_until_two_more_were_taken(reading: LoaderSpec) -> None:
    batches = iter(EpochLoader(reading, _order(reading.index), epoch=1, world_size=1))
    first = next(batches)
    copied = first.pixels.clone()
    next(batches)
    next(batches)
    assert torch.equal(first.pixels, copied)


def test_the_share_makes_the_mean_over_ranks_the_mean_over_samples(reading: LoaderSpec) -> None:
    orders = [epoch_plan(reading.index, RankShare(rank, 2, 4), seed=5, epoch=0) for rank in range(2)]
    loaders = [_taken(EpochLoader(reading, order, epoch=0, world_size=2)) for order in orders]
    for left, right in zip(*loaders, strict=True):
        samples = len(left.pixels) + len(right.pixels)
        assert float(left.share) == float(right.share) == samples / 2


def test_a_damaged_crop_stops_the_epoch(reading: LoaderSpec) -> None:
    index = reading.index
    beyond = CropIndex(index.paths, index.file, index.group + 99, index.row, index.weight)
    broken = LoaderSpec(reading.store, beyond, CANVAS, seed=5, augmented=True, threads=2)
    with pytest.raises(ValueError, match="row_group_indices"):
        _taken(EpochLoader(broken, _order(beyond), epoch=0, world_size=1))


def _rows(reading: LoaderSpec) -> list[dict[str, object]]:
    tables = {path: _table(reading, path) for path in reading.index.paths}
    index = reading.index
    return [tables[index.paths[file]][group][row] for file, group, row in zip(index.file, index.group, index.row, strict=True)]


def _table(reading: LoaderSpec, path: str) -> list[list[dict[str, object]]]:
    with reading.store.open_input(path) as source:
        parquet = pq.ParquetFile(source)
        return [parquet.read_row_group(g, columns=list(SAMPLE_COLUMNS)).to_pylist() for g in range(parquet.num_row_groups)]
