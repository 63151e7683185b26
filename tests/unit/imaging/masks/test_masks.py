"""Masks against pycocotools and against bitmaps."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco

from imaging.masks import masks
from imaging.masks.rle import MalformedMaskError
from tests.support import mask_oracles
from tests.support.mask_oracles import MaskProperties


def random_masks(count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(7)
    shapes = generator.integers(1, 50, (count, 2))
    return [generator.random(tuple(shape)) < generator.random() ** 2 for shape in shapes]


def test_counts_are_those_of_pycocotools_and_draw_the_same_mask() -> None:
    for mask in random_masks(100):
        expected = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode()
        assert masks.encode(mask) == expected
        assert (masks.decode(expected, *mask.shape) == mask).all()


def test_a_window_holds_the_mask_s_pixels() -> None:
    generator = np.random.default_rng(8)
    for mask in random_masks(200):
        height, width = mask.shape
        left, top = int(generator.integers(width)), int(generator.integers(height))
        size = int(generator.integers(1, width - left + 1)), int(generator.integers(1, height - top + 1))
        counts = masks.encode(mask)
        expected = mask[top : top + size[1], left : left + size[0]]
        assert (mask_oracles.decode_window(counts, height, width, left, top, *size) == expected).all()


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, 0, 0, 2), (3, 0, 2, 2), (0, 0, 2, 5)])
def test_a_window_that_leaves_the_image_is_refused(window: tuple[int, int, int, int]) -> None:
    counts = masks.encode(np.ones((4, 4), bool))
    with pytest.raises(ValueError, match="expected a window on the 4 x 4 px image"):
        mask_oracles.decode_window(counts, 4, 4, *window)


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        ("4", "sum to 4 px"),
        ("é", "in ASCII"),
        (" 4", "characters '0' to 'o'"),
        ("44o", "end inside a value"),
        ("o" * 30 + "0", "exceeds 60 bits"),
        ("O4", "at least 0"),
    ],
)
def test_counts_that_describe_no_mask_are_refused(counts: str, complaint: str) -> None:
    with pytest.raises(MalformedMaskError, match=complaint):
        masks.decode(counts, 4, 4)


def test_every_polygon_and_crowd_of_a_real_file_is_rasterised_as_pycocotools_does(data_folder: Path) -> None:
    document = json.loads((data_folder / "coco/coco_mini/annotations/instances_train2017.json").read_text())
    images = {image["id"]: image for image in document["images"]}
    holed = parted = 0
    for annotation in document["annotations"]:
        height, width = (images[annotation["image_id"]][side] for side in ("height", "width"))
        shape = annotation["segmentation"]
        if isinstance(shape, dict):
            expected = coco.frPyObjects(shape, height, width)
            counts = mask_oracles.uncompressed_to_counts(shape["counts"], height, width)
        else:
            expected = coco.merge(coco.frPyObjects(shape, height, width))
            counts = mask_oracles.polygons_to_counts(shape, height, width)
        assert counts == expected["counts"].decode()
        facts = mask_oracles.mask_properties(counts, height, width)
        assert [facts.box_x, facts.box_y, facts.box_width, facts.box_height] == coco.toBbox(expected).tolist()
        assert facts.area == coco.area(expected)
        holed += facts.holes > 0
        parted += facts.components > 1
    assert (len(document["annotations"]), holed, parted) == (739, 33, 66)


def test_facts_name_box_parts_holes_and_centre() -> None:
    ring = np.zeros((9, 12), bool)
    ring[2:7, 3:8] = True
    ring[3:6, 4:7] = False
    assert mask_oracles.mask_properties(masks.encode(ring), 9, 12) == MaskProperties(3, 2, 5, 5, 16, 1, 1, False)
    ring[4, 5] = True
    assert mask_oracles.mask_properties(masks.encode(ring), 9, 12) == MaskProperties(3, 2, 5, 5, 17, 2, 1, True)


def test_parts_touch_over_corners_and_holes_do_not() -> None:
    diagonal = np.eye(3, dtype=bool)
    assert mask_oracles.mask_properties(masks.encode(diagonal), 3, 3).components == 1
    diamond = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    assert mask_oracles.mask_properties(masks.encode(diamond), 3, 3).holes == 1


def test_a_run_over_two_columns_spans_the_whole_height() -> None:
    mask = np.zeros((4, 3), bool)
    mask[3, 0] = mask[0, 1] = True
    facts = mask_oracles.mask_properties(masks.encode(mask), 4, 3)
    assert (facts.box_x, facts.box_y, facts.box_width, facts.box_height) == (0, 0, 2, 4)


def test_an_empty_mask_has_no_box_and_no_centre() -> None:
    assert mask_oracles.mask_properties(masks.encode(np.zeros((5, 5), bool)), 5, 5) == MaskProperties(0, 0, 0, 0, 0, 0, 0, False)


@pytest.mark.parametrize(
    "polygons",
    [[], [[0, 0, 1, 1]], [[0, 0, 1, 1, 2]], [[0, 0, float("nan"), 1, 2, 2]], [[0, 0, 1e12, 1, 2, 2]], [[0, 0, 1e7, 0, 0, 1e7] * 9]],
)
def test_polygons_that_cannot_be_drawn_are_refused(polygons: list[list[float]]) -> None:
    with pytest.raises(MalformedMaskError):
        mask_oracles.polygons_to_counts(polygons, 10, 10)


def test_a_union_holds_the_pixels_of_all() -> None:
    first, second = np.zeros((2, 6, 5), bool)
    first[1:3, 1:4] = second[2:5, 2] = True
    joined = masks.union([masks.encode(first), masks.encode(second)], 6, 5)
    assert (masks.decode(joined, 6, 5) == first | second).all()
    assert not masks.decode(masks.union([], 6, 5), 6, 5).any()
