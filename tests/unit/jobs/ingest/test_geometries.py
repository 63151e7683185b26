"""Geometry of an export becomes COCO counts on the displayed image, equal to pycocotools, or a typed refusal."""

import dataclasses

import numpy as np
import pytest
from pycocotools import mask as coco

from imaging.images import ImageHeader
from imaging.masks.masks import decode, encode
from imaging.orientation import orient
from jobs.ingest.geometries import PlacedGeometry, displayed_masks
from jobs.sources.records import Bitmap, Geometry, Parts, Polygons, Rings, RunLengths
from lake.reasons import Reason
from tests.support.mask_oracles import MaskProperties, mask_properties

HEIGHT, WIDTH = 20, 30


def header(orientation: int = 1) -> ImageHeader:
    turned = orientation >= 5
    return ImageHeader("jpeg", "RGB", HEIGHT if turned else WIDTH, WIDTH if turned else HEIGHT, orientation)


def displayed(geometry: Geometry, orientation: int = 1, exif: str = "display") -> tuple[str, MaskProperties]:
    masks = displayed_masks([PlacedGeometry(geometry, header(orientation), exif)])
    assert not masks.refused
    x, y, width, height, area, components, holes, owns_centre = masks.properties[0].tolist()
    return masks.counts[0].as_py(), MaskProperties(x, y, width, height, area, components, holes, owns_centre == 1)


def mask_of(geometry: Geometry) -> np.ndarray:
    return decode(displayed(geometry)[0], HEIGHT, WIDTH)


def test_polygons_equal_pycocotools_bit_for_bit() -> None:
    rings: list[list[float]] = [[2.5, 3.1, 20.7, 4.2, 11.3, 18.9], [25, 2, 40, 2, 40, 9, 25, 9]]
    counts, properties = displayed(Polygons(rings))
    merged = coco.merge(coco.frPyObjects(rings, HEIGHT, WIDTH))
    assert counts == merged["counts"].decode()
    assert properties.area == coco.area(merged)
    assert [properties.box_x, properties.box_y, properties.box_width, properties.box_height] == coco.toBbox(merged).tolist()


def test_run_lengths_keep_holes_and_parts_compressed_or_not() -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[2:12, 3:13] = True
    mask[5:8, 6:9] = False
    mask[15:18, 20:25] = True
    counts = encode(mask)
    runs = np.diff(np.flatnonzero(np.diff(mask.ravel(order="F"), prepend=False, append=False)), prepend=0, append=0)
    edges = np.flatnonzero(np.diff(mask.ravel(order="F").astype(np.int8), prepend=0))
    listed = np.diff(np.r_[0, edges, mask.size]).tolist()
    assert runs.size
    for form in (counts, listed):
        found, properties = displayed(RunLengths(form, HEIGHT, WIDTH))
        assert found == counts
        assert (properties.components, properties.holes) == (2, 1)


@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 4), (-2, -3), (26, 17), (28, -1)])
def test_a_bitmap_lies_at_its_origin_and_is_cut_at_the_frame(left: int, top: int) -> None:
    bitmap = np.random.default_rng(1).random((6, 7)) < 0.7
    expected = np.zeros((HEIGHT, WIDTH), bool)
    for y, x in np.argwhere(bitmap):
        if 0 <= y + top < HEIGHT and 0 <= x + left < WIDTH:
            expected[y + top, x + left] = True
    assert (mask_of(Bitmap(bitmap, left, top)) == expected).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_geometry_is_turned_into_the_displayed_frame(orientation: int) -> None:
    stored = np.random.default_rng(orientation).random((HEIGHT, WIDTH)) < 0.5
    seen = header(orientation)
    counts, properties = displayed(Bitmap(stored), orientation, "stored")
    assert (decode(counts, seen.height, seen.width) == orient(stored, orientation)).all()
    assert properties.area == stored.sum()


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (Polygons([[40, 40, 50, 40, 50, 50]]), Reason.OUT_OF_BOUNDS),
        (Polygons([[-9, 2, -1, 2, -1, 9]]), Reason.OUT_OF_BOUNDS),
        (Polygons([[5, 5, 5, 5, 5, 5]]), Reason.ZERO_AREA),
        (Polygons([[5, 5, 1e12, 5, 5, 9]]), Reason.MALFORMED_GEOMETRY),
        (RunLengths("0`1", 30, 20), Reason.SIZE_MISMATCH),
        (RunLengths("0", HEIGHT, WIDTH), Reason.MALFORMED_GEOMETRY),
        (RunLengths("ü", HEIGHT, WIDTH), Reason.MALFORMED_GEOMETRY),
        (RunLengths([HEIGHT * WIDTH], HEIGHT, WIDTH), Reason.EMPTY_GEOMETRY),
        (RunLengths([1, -1, HEIGHT * WIDTH], HEIGHT, WIDTH), Reason.MALFORMED_GEOMETRY),
        (RunLengths([1, HEIGHT * WIDTH], HEIGHT, WIDTH), Reason.MALFORMED_GEOMETRY),
        (Bitmap(np.ones((3, 3), bool), 30, 0), Reason.OUT_OF_BOUNDS),
        (Bitmap(np.zeros((3, 3), bool)), Reason.EMPTY_GEOMETRY),
    ],
)
def test_a_geometry_without_a_mask_says_why(geometry: Geometry, reason: Reason) -> None:
    good = Polygons([[2, 2, 9, 2, 9, 9]])
    masks = displayed_masks([PlacedGeometry(item, header(), "display") for item in (good, geometry, good)])
    assert {index: why.reason for index, why in masks.refused.items()} == {1: reason}
    assert masks.counts[0] == masks.counts[2]


def test_a_ring_inside_a_ring_is_a_hole_and_parts_may_have_holes() -> None:
    outer, inner = [2, 2, 18, 2, 18, 18, 2, 18], [6, 6, 12, 6, 12, 12, 6, 12]
    ringed, properties = displayed(Rings([outer, inner]))
    assert properties.holes == 1
    assert displayed(Parts([Polygons([outer])], [Polygons([inner])]))[0] == ringed
    both = displayed(Parts([Polygons([inner]), Bitmap(np.ones((2, 2), bool), 25, 1)]))[1]
    assert (both.components, both.holes) == (2, 0)


def test_run_lengths_of_no_length_are_joined() -> None:
    assert displayed(RunLengths([5, 3, 0, 4, 588], HEIGHT, WIDTH))[0] == displayed(RunLengths([5, 7, 588], HEIGHT, WIDTH))[0]


@pytest.mark.parametrize("seed", range(12))
def test_masks_of_a_batch_equal_pycocotools_and_its_topology_opencv(seed: int) -> None:
    random = np.random.default_rng(seed)
    batch, expected = [], []
    for number in range(60):
        height, width = random.integers(1, 50, 2).tolist()
        shape = (int(random.integers(3, 12)), 2)
        corners = [
            random.uniform(-20, 70, shape),
            random.integers(-5, 60, shape).astype(float),
            np.round(random.uniform(0, 50, shape), 1),
            random.integers(0, 250, shape) / 5,
        ]
        rings = [part.ravel().tolist() for part in corners[: 1 + number % 4]]
        merged = coco.merge(coco.frPyObjects(rings, height, width))
        batch.append(PlacedGeometry(Polygons(rings), ImageHeader("png", "L", width, height, 1), "display"))
        expected.append((merged["counts"].decode(), mask_properties(merged["counts"].decode(), height, width)))
    masks = displayed_masks(batch)
    for index, (counts, properties) in enumerate(expected):
        assert masks.counts[index].as_py() == counts
        found = [int(value) for value in dataclasses.astuple(properties)]
        assert masks.properties[index].tolist() == found


@pytest.mark.parametrize("points", [60, 70, 100_000])
def test_an_outline_that_crosses_one_column_over_and_over_equals_pycocotools(points: int) -> None:
    random = np.random.default_rng(points)
    ring = np.stack([np.tile([3.1, 5.2], points // 2), random.uniform(-2, HEIGHT + 2, points)], axis=1).ravel().tolist()
    expected = coco.merge(coco.frPyObjects([ring], HEIGHT, WIDTH))["counts"].decode()
    assert displayed(Polygons([ring]))[0] == expected


def test_an_outline_on_an_image_of_a_million_columns_equals_pycocotools() -> None:
    width = (1 << 20) + 9
    ring = [width - 30.5, 0.2, width - 3.0, 1.1, width - 8.2, 5.9, 5.0, 4.1]
    masks = displayed_masks([PlacedGeometry(Polygons([ring]), ImageHeader("png", "L", width, 6, 1), "display")])
    assert masks.counts[0].as_py() == coco.merge(coco.frPyObjects([ring], 6, width))["counts"].decode()
