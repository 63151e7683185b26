import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import find_boundaries

from evaluation.metrics.boundary import dilate, disc_element, inner_boundary, relative_radius
from tests.support.shapes import blob


@pytest.mark.parametrize("shape", [(1, 1), (3, 64), (40, 65), (77, 130)])
def test_the_inner_boundary_equals_the_one_of_scikit_image(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    for _ in range(20):
        mask = blob(rng, *shape)
        expected = find_boundaries(mask, mode="inner", connectivity=1) if mask.size > 1 else np.zeros_like(mask)
        assert np.array_equal(inner_boundary(mask), expected & mask)


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 7, 60])
def test_dilation_keeps_what_lies_within_the_radius_by_the_distance_transform(radius: int) -> None:
    rng = np.random.default_rng(radius)
    mask = inner_boundary(blob(rng, 45, 70))
    assert np.array_equal(dilate(mask, radius), distance_transform_edt(~mask) <= radius)


def test_the_frame_makes_no_edge() -> None:
    assert not inner_boundary(np.ones((5, 9), dtype=bool)).any()


def test_ignored_neighbours_make_no_edge_and_ignored_pixels_are_none() -> None:
    mask = np.array([[1, 1, 1, 0, 0]], dtype=bool)
    assert inner_boundary(mask).tolist() == [[False, False, True, False, False]]
    assert not inner_boundary(mask, np.array([[1, 1, 1, 0, 1]], dtype=bool)).any()
    assert not inner_boundary(mask, np.array([[1, 1, 0, 1, 1]], dtype=bool)).any()


def test_the_disc_is_euclidean() -> None:
    assert disc_element(2).astype(int).tolist() == [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]
    with pytest.raises(ValueError, match="radius must be >= 0"):
        disc_element(-1)


@pytest.mark.parametrize(("width", "height", "radius"), [(1, 1, 1), (30, 40, 1), (100, 100, 2), (512, 512, 6), (300, 400, 4)])
def test_the_relative_radius_is_the_ceiling_of_three_quarters_of_a_hundredth_of_the_diagonal(width: int, height: int, radius: int) -> None:
    assert relative_radius(width, height) == radius
