"""Pixels that were cut before are taken over as they are; everything else is made again."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from imaging.source_images import read_source
from jobs.crop.cut import cut_shard
from jobs.crop.cut_version import spec_digest
from jobs.crop.reuse import cut_files, known_blocks
from lake.configuration import CropSpec
from lake.publishing.shards import ShardLocation, write_shard
from lake.storage.store import Store, open_store
from tests.support.crop_worlds import CropWorld, crop_world

SPEC = CropSpec()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CropWorld:
    return crop_world(tmp_path_factory.mktemp("pictures"), images=6, objects=6)


def publish(world: CropWorld, store: Store) -> pa.Table:
    crops = pa.concat_tables([part.crops for part in cut_shard(world.plan, world.instances, SPEC, read_source)])
    half = len(crops) // 2
    for name, rows in (("first", crops[:half]), ("second", crops[half:])):
        write_shard(ShardLocation(store, "crops", "0" * 64), name, [rows], rows_per_group=8)
    return crops


def never(uris: Sequence[str], image_id: str) -> bytes:
    raise AssertionError(f"image {image_id} was read again")


def test_no_image_is_read_again_and_the_rows_are_the_same(world: CropWorld, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    crops = publish(world, store)
    known = known_blocks(store, cut_files(store, store.list()), world.plan, spec_digest(SPEC))
    assert sorted(known) == sorted(world.plan.column("crop_id").to_pylist())
    parts = list(cut_shard(world.plan, world.instances, SPEC, never, known))
    assert pa.concat_tables([part.crops for part in parts]).equals(crops)
    assert (sum(part.images for part in parts), sum(part.reused for part in parts)) == (0, len(crops))


def test_only_what_is_new_is_cut(world: CropWorld, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    earlier = CropWorld(world.files, world.instances, world.plan.slice(10))
    publish(earlier, store)
    known = known_blocks(store, cut_files(store, store.list()), world.plan, spec_digest(SPEC))
    parts = list(cut_shard(world.plan, world.instances, SPEC, read_source, known))
    fresh = pa.concat_tables([part.crops for part in cut_shard(world.plan, world.instances, SPEC, read_source)])
    assert pa.concat_tables([part.crops for part in parts]).equals(fresh)
    assert sum(part.reused for part in parts) == len(world.plan) - 10
    assert sum(part.images for part in parts) == 1


def test_another_taxonomy_changes_labels_without_reading_an_image(world: CropWorld, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    crops = publish(world, store)
    renamed = {"class_id": "sun", "class_path": "thing/sky/sun", "taxonomy": "1" * 64}
    plan, instances = (
        table.select([name for name in table.column_names if name not in renamed]) for table in (world.plan, world.instances)
    )
    for name, value in renamed.items():
        instances = instances.append_column(name, pa.array([value] * len(instances)))
    plan = plan.append_column("taxonomy", pa.array([renamed["taxonomy"]] * len(plan)))
    known = known_blocks(store, cut_files(store, store.list()), plan, spec_digest(SPEC))
    fresh = pa.concat_tables([part.crops for part in cut_shard(plan, instances, SPEC, never, known)])
    assert {name: fresh.column(name).unique().to_pylist() for name in renamed} == {name: [value] for name, value in renamed.items()}
    assert fresh.drop_columns(list(renamed)).equals(crops.drop_columns(list(renamed)))


def test_crops_of_another_codec_or_another_image_are_not_taken(world: CropWorld, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    publish(world, store)
    files = cut_files(store, store.list())
    assert known_blocks(store, files, world.plan, spec_digest(CropSpec(codec="jpeg-95"))) == {}
    assert known_blocks(store, files, world.plan.slice(0, 0), spec_digest(SPEC)) == {}
    few = world.plan.slice(3, 2)
    assert sorted(known_blocks(store, files, few, spec_digest(SPEC))) == sorted(few.column("crop_id").to_pylist())


def test_a_damaged_crop_is_cut_again_and_never_taken_over(world: CropWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(tmp_path)
    crops = publish(world, store)
    pixels = crops.column("pixels")[0].as_py()
    first = tmp_path / store.list()[0]
    data = bytearray(first.read_bytes())
    data[data.index(pixels) + len(pixels) // 2] ^= 16
    first.write_bytes(data)
    known = known_blocks(store, cut_files(store, store.list()), world.plan, spec_digest(SPEC))
    assert crops.column("crop_id")[0].as_py() not in known and len(known) >= len(crops) // 2
    parts = list(cut_shard(world.plan, world.instances, SPEC, read_source, known))
    assert pa.concat_tables([part.crops for part in parts]).equals(crops)
    assert "its crops are cut again" in caplog.text


def test_a_file_with_a_damaged_footer_is_not_reused(world: CropWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(tmp_path)
    crops = publish(world, store)
    first = tmp_path / store.list()[0]
    data = bytearray(first.read_bytes())
    data[-100] ^= 1
    first.write_bytes(data)
    known = known_blocks(store, cut_files(store, store.list()), world.plan, spec_digest(SPEC))
    assert len(known) == len(crops) - len(crops) // 2
    assert "a damaged file is not reused" in caplog.text
