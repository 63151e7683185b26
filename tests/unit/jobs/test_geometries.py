"""Geometry of an export becomes COCO counts on the displayed image, equal to pycocotools, or a typed refusal."""

import numpy as np
import pytest
from pycocotools import mask as coco

from jobs.geometries import GeometryRefusedError, displayed_mask
from jobs.sources.records import Bitmap, Geometry, ImageSize, Polygons, RunLengths
from lake.images import ImageHeader
from lake.masks import decode, encode
from lake.orientation import orient
from lake.reasons import Reason

HEIGHT, WIDTH = 20, 30
SIZE = ImageSize(WIDTH, HEIGHT)


def header(orientation: int = 1) -> ImageHeader:
    turned = orientation >= 5
    return ImageHeader("jpeg", "RGB", HEIGHT if turned else WIDTH, WIDTH if turned else HEIGHT, orientation)


def mask_of(geometry: Geometry) -> np.ndarray:
    return decode(displayed_mask(geometry, SIZE, header(), "display")[0], HEIGHT, WIDTH)


def test_polygons_equal_pycocotools_bit_for_bit() -> None:
    rings: list[list[float]] = [[2.5, 3.1, 20.7, 4.2, 11.3, 18.9], [25, 2, 40, 2, 40, 9, 25, 9]]
    counts, facts = displayed_mask(Polygons(rings), SIZE, header(), "display")
    merged = coco.merge(coco.frPyObjects(rings, HEIGHT, WIDTH))
    assert counts == merged["counts"].decode()
    assert facts.area == coco.area(merged)
    assert [facts.box_x, facts.box_y, facts.box_width, facts.box_height] == coco.toBbox(merged).tolist()


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
        found, facts = displayed_mask(RunLengths(form, HEIGHT, WIDTH), SIZE, header(), "display")
        assert found == counts
        assert (facts.components, facts.holes) == (2, 1)


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
    counts, facts = displayed_mask(Bitmap(stored), SIZE, seen, "stored")
    assert (decode(counts, seen.height, seen.width) == orient(stored, orientation)).all()
    assert facts.area == stored.sum()


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
    with pytest.raises(GeometryRefusedError) as refused:
        displayed_mask(geometry, SIZE, header(), "display")
    assert refused.value.reason is reason
