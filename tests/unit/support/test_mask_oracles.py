"""The masks that tests compare with equal pycocotools and bitmaps."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco

from imaging.masks import masks
from imaging.masks.rle import MalformedMaskError, parse_counts
from tests.support.mask_oracles import (
    MaskProperties,
    count_parts,
    decode_window,
    mask_properties,
    polygons_to_counts,
    tight_box,
    uncompressed_to_counts,
)


def random_masks(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(4)
    shapes = random.integers(1, 40, (count, 2)).tolist()
    return [random.random(shape) < random.choice([0.1, 0.4, 0.6, 0.9]) for shape in shapes]


def bitmap_parts(mask: np.ndarray) -> tuple[int, int]:
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.connectedComponents(padded, connectivity=8)[0] - 1, cv2.connectedComponents(1 - padded, connectivity=4)[0] - 2


def test_parts_holes_and_box_equal_those_of_the_bitmap() -> None:
    for mask in [*random_masks(400), np.zeros((3, 4), bool), np.ones((4, 3), bool)]:
        height, width = mask.shape
        runs = parse_counts(masks.encode(mask), height, width)
        assert count_parts(runs, height, width) == bitmap_parts(mask)
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
            assert tight_box(runs, height) == box


def test_runs_of_no_length_change_no_properties() -> None:
    plain, split = (mask_properties(uncompressed_to_counts(runs, 3, 2), 3, 2) for runs in ([1, 2, 3], [1, 1, 0, 1, 3]))
    assert plain == split
    assert plain.components == 1


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, 0, 0, 2), (3, 0, 2, 2), (0, 0, 2, 5)])
def test_a_window_that_leaves_the_image_is_refused(window: tuple[int, int, int, int]) -> None:
    counts = masks.encode(np.ones((4, 4), bool))
    with pytest.raises(ValueError, match="expected a window on the 4 x 4 px image"):
        decode_window(counts, 4, 4, *window)


def test_every_polygon_and_crowd_of_a_real_file_is_rasterised_as_pycocotools_does(data_folder: Path) -> None:
    document = json.loads((data_folder / "coco/coco_mini/annotations/instances_train2017.json").read_text())
    images = {image["id"]: image for image in document["images"]}
    holed = parted = 0
    for annotation in document["annotations"]:
        height, width = (images[annotation["image_id"]][side] for side in ("height", "width"))
        shape = annotation["segmentation"]
        if isinstance(shape, dict):
            expected = coco.frPyObjects(shape, height, width)
            counts = uncompressed_to_counts(shape["counts"], height, width)
        else:
            expected = coco.merge(coco.frPyObjects(shape, height, width))
            counts = polygons_to_counts(shape, height, width)
        assert counts == expected["counts"].decode()
        properties = mask_properties(counts, height, width)
        assert [properties.box_x, properties.box_y, properties.box_width, properties.box_height] == coco.toBbox(expected).tolist()
        assert properties.area == coco.area(expected)
        holed += properties.holes > 0
        parted += properties.components > 1
    assert (len(document["annotations"]), holed, parted) == (739, 33, 66)


def test_properties_name_box_parts_holes_and_centre() -> None:
    ring = np.zeros((9, 12), bool)
    ring[2:7, 3:8] = True
    ring[3:6, 4:7] = False
    assert mask_properties(masks.encode(ring), 9, 12) == MaskProperties(3, 2, 5, 5, 16, 1, 1, False)
    ring[4, 5] = True
    assert mask_properties(masks.encode(ring), 9, 12) == MaskProperties(3, 2, 5, 5, 17, 2, 1, True)


def test_parts_touch_over_corners_and_holes_do_not() -> None:
    diagonal = np.eye(3, dtype=bool)
    assert mask_properties(masks.encode(diagonal), 3, 3).components == 1
    diamond = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    assert mask_properties(masks.encode(diamond), 3, 3).holes == 1


def test_a_run_over_two_columns_spans_the_whole_height() -> None:
    mask = np.zeros((4, 3), bool)
    mask[3, 0] = mask[0, 1] = True
    properties = mask_properties(masks.encode(mask), 4, 3)
    assert (properties.box_x, properties.box_y, properties.box_width, properties.box_height) == (0, 0, 2, 4)


def test_an_empty_mask_has_no_box_and_no_centre() -> None:
    assert mask_properties(masks.encode(np.zeros((5, 5), bool)), 5, 5) == MaskProperties(0, 0, 0, 0, 0, 0, 0, False)


@pytest.mark.parametrize(
    "polygons",
    [[], [[0, 0, 1, 1]], [[0, 0, 1, 1, 2]], [[0, 0, float("nan"), 1, 2, 2]], [[0, 0, 1e12, 1, 2, 2]], [[0, 0, 1e7, 0, 0, 1e7] * 9]],
)
def test_polygons_that_cannot_be_drawn_are_refused(polygons: list[list[float]]) -> None:
    with pytest.raises(MalformedMaskError):
        polygons_to_counts(polygons, 10, 10)
