"""What a model is shown under a jittered box is what the image holds there, also beyond the crop."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from demo.shots import Shot
from imaging.crop_codec import open_crop
from imaging.images import ImageRefusedError
from imaging.orientation import Box
from lake.configuration import JitterName
from lake.contracts import Image as ImageRow
from lake.digests import stage_key
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of
from tests.support.factories import crop_rows, image_rows, tiny_demo, tiny_shots
from training.jittered import Pixels, image_reader, in_window, shown_pixels, shown_window


@pytest.fixture(scope="module")
def taken() -> list[Shot]:
    return tiny_shots(images=12)


@pytest.fixture(scope="module")
def crops(taken: list[Shot]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = crop_rows(taken).to_pylist()
    return rows


def displayed(shot: Shot) -> Pixels:
    with Image.open(io.BytesIO(shot.photograph.data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def never(image_id: str) -> Pixels:
    raise AssertionError(f"{image_id} was read")


def test_the_pixels_are_the_images_own_black_beyond_it(taken: list[Shot], crops: list[Mapping[str, Any]]) -> None:
    assert any(shot.photograph.orientation != 1 for shot in taken)
    whole = {row["image_id"]: displayed(shot) for shot, row in zip(taken, image_ids(taken), strict=True)}
    jitter: JitterName
    asked: list[str] = []

    def image(image_id: str) -> Pixels:
        asked.append(image_id)
        return whole[image_id]

    overhangs = 0
    for jitter in ("loose-25", "off-20", "noise-10"):
        for crop in crops:
            shown = shown_window(crop, jitter)
            asked.clear()
            found = shown_pixels(crop, shown, image)
            if not asked:  # all that is visible lies in the crop
                continue
            left, top = crop["window_left"] + shown.left, crop["window_top"] + shown.top
            padded = np.pad(whole[crop["image_id"]], ((300, 300), (300, 300), (0, 0)))
            expected = padded[top + 300 : top + 300 + shown.height, left + 300 : left + 300 + shown.width]
            overhangs += min(left, top) < 0
            assert np.array_equal(found, expected), (jitter, crop["crop_id"])
    assert overhangs > 10


def image_ids(taken: list[Shot]) -> list[dict[str, str]]:
    ids: dict[str, dict[str, str]] = {}
    for row in crop_rows(taken).to_pylist():
        ids.setdefault(row["source_ref"].partition("#")[0], {"image_id": row["image_id"]})
    return [ids[shot.scene.name] for shot in taken]


def test_a_tighter_box_needs_no_image(crops: list[Mapping[str, Any]]) -> None:
    jitter: JitterName
    for jitter in ("cut-5", "padding-0", "padding-50"):
        for crop in crops:
            shown = shown_window(crop, jitter)
            whole = open_crop(crop).pixels
            part = whole[shown.top : shown.top + shown.height, shown.left : shown.left + shown.width]
            assert np.array_equal(shown_pixels(crop, shown, never), part)
    whole_window = shown_window(crops[0], None)
    assert np.array_equal(shown_pixels(crops[0], whole_window, never), open_crop(crops[0]).pixels)


def test_a_map_is_laid_back_into_the_crops_window() -> None:
    inside = in_window(np.full((2, 3), 9, np.uint8), Box(1, 2, 3, 2), 6, 5)
    assert inside.sum() == 54 and (inside[2:4, 1:4] == 9).all()
    beyond = in_window(np.arange(48, dtype=np.uint8).reshape(6, 8), Box(-2, -1, 8, 6), 3, 4)
    assert np.array_equal(beyond, np.arange(48).reshape(6, 8)[1:4, 2:6])
    assert not in_window(np.full((2, 2), 9, np.uint8), Box(-5, -5, 2, 2), 3, 4).any()


@pytest.fixture
def lake(taken: list[Shot], tmp_path: Path) -> Lake:
    lake = open_lake(load_pipeline(tiny_demo(tmp_path / "world", images=3)))
    rows = image_rows(taken[:2], tmp_path / "pictures").to_pylist()
    key = stage_key("ingest", inputs={}, spec="pictures")
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        part = {"source": source}
        receipt = write_shard(lake.location("images", key, part), shard_name(0, 1), [table_of(ImageRow, own)])
        outputs = [Output("images", part, [receipt])]
        publish_stage(lake, stage="ingest", key=key, rows_in=len(own), rows_out=len(own), rejected={}, outputs=outputs)
    return lake


def test_images_are_read_where_they_were_ingested_and_must_be_the_same(taken: list[Shot], lake: Lake, tmp_path: Path) -> None:
    first, second = (row["image_id"] for row in image_ids(taken)[:2])
    assert np.array_equal(image_reader(lake, "loose-10")(first), displayed(taken[0]))
    (tmp_path / "pictures" / taken[0].file_name).unlink()
    (tmp_path / "pictures" / taken[1].file_name).write_bytes(b"another")
    with pytest.raises(ImageRefusedError, match=r"jitter 'loose-10' needs the image: .*put the file back.*evaluation\.jitters"):
        image_reader(lake, "loose-10")(first)
    with pytest.raises(ImageRefusedError, match="expected the labelled bytes"):
        image_reader(lake, "loose-10")(second)
    with pytest.raises(ImageRefusedError, match="no location is known"):
        image_reader(lake, "loose-10")("0" * 64)
