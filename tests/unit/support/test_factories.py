import numpy as np
import pytest

from imaging.crop_codec import open_crop
from imaging.masks.masks import decode
from lake.pipeline_file import load_pipeline
from tests.support.factories import annotation_rows, crop_rows, image_rows, instance_rows, tiny_demo, tiny_shots


@pytest.fixture(scope="module")
def taken():
    return tiny_shots()


def test_tables_hold_the_truth_of_the_scenes(taken, tmp_path):
    things = [(shot, thing) for shot in taken for thing in shot.scene.things]
    annotations = annotation_rows(taken).to_pylist()
    for row, (shot, thing) in zip(annotations, things, strict=True):
        np.testing.assert_array_equal(decode(row["geometry"], shot.scene.height, shot.scene.width), thing.mask)
    assert image_rows(taken, tmp_path).num_rows == len(taken)
    kept = [thing for _, thing in things if not thing.is_crowd]
    assert instance_rows(taken, tmp_path).num_rows == len(kept)


def test_crops_open_to_the_pixels_of_the_scene(taken):
    things = [(shot, thing) for shot in taken for thing in shot.scene.things if not thing.is_crowd]
    for row, (shot, thing) in zip(crop_rows(taken).to_pylist(), things, strict=True):
        crop = open_crop(row)
        assert int(crop.mask.sum()) == thing.area
        middle = (row["window_top"] + row["window_height"] // 2, row["window_left"] + row["window_width"] // 2)
        if 0 <= middle[0] < shot.scene.height and 0 <= middle[1] < shot.scene.width:
            centre = (row["window_height"] // 2, row["window_width"] // 2)
            np.testing.assert_array_equal(crop.pixels[centre], shot.scene.pixels[middle])


def test_a_tiny_demo_takes_changes_to_its_pipeline(tmp_path):
    pipeline = load_pipeline(tiny_demo(tmp_path / "demo", images=3, balance={"target": 30}, name="other"))
    assert pipeline.name == "other"
    assert pipeline.balance.target == 30
    assert pipeline.balance.max_replicas == 4
    assert pipeline.training.epochs == 1
