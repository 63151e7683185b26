"""Crops of every kind of image equal what Pillow and a bitmap would give; what cannot be cut is rejected by reason."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from PIL import Image, ImageOps

from imaging.crop_codec import open_crop
from imaging.masks import masks
from imaging.source_images import read_source
from jobs.crop.cut import cut_shard
from lake.configuration import CropSpec
from lake.contracts import Crop, Reject
from lake.errors import ContractError
from lake.schemas import arrow_schema
from tests.support.crop_worlds import KINDS, CropWorld, crop_world


def cut(world: CropWorld, spec: CropSpec | None = None) -> tuple[pa.Table, pa.Table, int]:
    parts = list(cut_shard(world.plan, world.instances, spec or CropSpec(), read_source))
    crops, rejects = (pa.concat_tables([getattr(part, name) for part in parts]) for name in ("crops", "rejects"))
    return crops, rejects, sum(part.images for part in parts)


def padded(pixels: np.ndarray, margin: int = 300, fill: int = 0) -> np.ndarray:
    return np.pad(pixels, [(margin, margin), (margin, margin), *[(0, 0)] * (pixels.ndim - 2)], constant_values=fill)


def window(pixels: np.ndarray, row: dict[str, int], margin: int = 300) -> np.ndarray:
    left, top = row["window_left"] + margin, row["window_top"] + margin
    return pixels[top : top + row["window_height"], left : left + row["window_width"]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CropWorld:
    return crop_world(tmp_path_factory.mktemp("pictures"), images=2 * len(KINDS))


def test_every_crop_holds_pillow_s_pixels_its_mask_and_the_ignored_regions(world: CropWorld) -> None:
    crops, rejects, images = cut(world)
    assert (len(crops), len(rejects), images) == (len(world.plan), 0, len(world.files))
    known = {row["instance_id"]: row for row in world.instances.to_pylist()}
    for row in crops.to_pylist():
        one = known[row["instance_id"]]
        shape = one["image_height"], one["image_width"]
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(world.files[row["image_id"]].read_bytes())))
        crop = open_crop(row)
        assert np.array_equal(crop.pixels, window(padded(np.asarray(image.convert("RGB"))), row))
        mask = masks.decode(one["geometry"], *shape)
        assert np.array_equal(crop.mask, window(padded(mask), row))
        crowds = [
            other["geometry"] for other in known.values() if other["image_id"] == row["image_id"] and other["disposition"] == "ignored"
        ]
        ignored = np.logical_or.reduce([np.zeros(shape, bool), *(masks.decode(counts, *shape) for counts in crowds)]) & ~mask
        assert np.array_equal(crop.ignore, window(padded(ignored, fill=1), row))
        assert crop.mask[row["window_height"] // 2, row["window_width"] // 2]


def test_jpeg_sources_keep_their_own_data_and_others_are_stored_without_loss(world: CropWorld) -> None:
    crops, _, _ = cut(world)
    codecs = {(row["pixel_codec"], row["orientation"]) for row in crops.select(["pixel_codec", "orientation"]).to_pylist()}
    assert codecs == {("jpeg-block", 1), ("jpeg-block", 6), ("jpeg-block", 3), ("jpeg-block", 8), ("png", 1)}


def test_the_lossy_codec_is_close_and_smaller_than_png(world: CropWorld) -> None:
    exact, lossy = (cut(world, CropSpec(codec=codec))[0].to_pylist() for codec in ("lossless", "jpeg-95"))
    assert {row["pixel_codec"] for row in lossy} == {"jpeg-95"}
    for one, other in zip(exact, lossy, strict=True):
        difference = open_crop(one).pixels.astype(int) - open_crop(other).pixels
        assert np.abs(difference).mean() < 5
    png = [row["crop_id"] for row in exact if row["pixel_codec"] == "png"]
    sizes = [sum(len(row["pixels"]) for row in rows if row["crop_id"] in png) for rows in (exact, lossy)]
    assert sizes[1] < 0.8 * sizes[0]


def test_rows_fit_the_contract_and_carry_plan_and_instance(world: CropWorld) -> None:
    crops, rejects, _ = cut(world)
    assert crops.schema == arrow_schema(Crop)
    assert rejects.schema == arrow_schema(Reject)
    planned = {row["crop_id"]: row for row in world.plan.to_pylist()}
    for row in crops.to_pylist():
        for name, value in planned[row["crop_id"]].items():
            assert row[name] == value
        assert row["size"] == ("small" if row["area"] < 1024 else "medium")
        assert 0 < row["thinness"] <= 1


def test_order_and_division_of_the_input_change_nothing(world: CropWorld) -> None:
    crops, _, _ = cut(world)
    shuffled = np.random.default_rng(3).permutation(len(world.plan))
    turned = CropWorld(world.files, world.instances.take(np.arange(len(world.instances))[::-1]), world.plan.take(shuffled))
    assert cut(turned)[0].equals(crops)
    one_image = pc.equal(world.plan.column("image_id"), world.plan.column("image_id")[0])
    alone = cut(CropWorld(world.files, world.instances, world.plan.filter(one_image)))[0]
    assert alone.equals(crops.filter(pc.equal(crops.column("image_id"), world.plan.column("image_id")[0])))


def test_crowding_counts_the_other_kept_boxes_that_are_met(world: CropWorld) -> None:
    crops, _, _ = cut(world)
    known = [row for row in world.instances.to_pylist() if row["disposition"] == "kept"]
    for row in crops.to_pylist():
        met = [
            other
            for other in known
            if other["image_id"] == row["image_id"]
            and other["instance_id"] != row["instance_id"]
            and max(other["box_x"], row["box_x"]) < min(other["box_x"] + other["box_width"], row["box_x"] + row["box_width"])
            and max(other["box_y"], row["box_y"]) < min(other["box_y"] + other["box_height"], row["box_y"] + row["box_height"])
        ]
        assert row["crowding"] == len(met)


def test_missing_changed_and_truncated_images_are_rejected_crop_by_crop(tmp_path: Path) -> None:
    world = crop_world(tmp_path, images=4, objects=3)
    paths = list(world.files.values())
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:-1] + b"?")
    crops, rejects, images = cut(world)
    assert images == 4
    assert len(crops) == len(rejects) == 12
    counts = {row["values"]: row["counts"] for row in rejects.column("reason").value_counts().to_pylist()}
    assert counts == {"unreadable-source": 6, "changed-source": 6}
    assert set(crops.column("crop_id").to_pylist()).isdisjoint(detail[-64:] for detail in rejects.column("detail").to_pylist())
    assert len(set(rejects.column("reject_id").to_pylist())) == 12


def test_an_image_that_cannot_be_decoded_is_an_unreadable_source(world: CropWorld) -> None:
    def half(uris: Sequence[str], image_id: str) -> bytes:
        data = read_source(uris, image_id)
        return data[: len(data) // 2]

    parts = list(cut_shard(world.plan, world.instances, CropSpec(), half))
    assert sum(len(part.crops) for part in parts) == 0
    assert {reason for part in parts for reason in part.rejects.column("reason").to_pylist()} == {"unreadable-source"}


def test_a_plan_that_breaks_the_centre_rule_or_names_a_stranger_is_refused(world: CropWorld) -> None:
    moved = world.plan.set_column(
        world.plan.column_names.index("window_left"), "window_left", pc.add(world.plan.column("window_left"), pa.scalar(60, pa.int32()))
    )
    with pytest.raises(ContractError, match=r"does not belong to instance|misses its image"):
        cut(CropWorld(world.files, world.instances, moved))
    with pytest.raises(ContractError, match="which `instances` does not hold"):
        cut(CropWorld(world.files, world.instances.slice(1), world.plan))
