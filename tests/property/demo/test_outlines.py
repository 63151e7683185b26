import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from demo.exports.corners import flat, outlines

# pycocotools 2.0 predates the copy keyword of NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14), elements=st.booleans())


def drawn(polygons, height, width):
    shapes = coco.frPyObjects([[float(value) for value in flat(polygon)] for polygon in polygons], height, width)
    return coco.decode(shapes).astype(bool).any(axis=2)


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_outlines_drawn_by_coco_are_the_mask(mask):
    outer, holes = outlines(mask)
    painted = drawn(outer, *mask.shape) if outer else np.zeros_like(mask)
    if holes:
        painted &= ~drawn(holes, *mask.shape)
        # a part that lies inside a hole is painted over by the cut, and again by its own outline
        inside = [polygon for polygon in outer if any(_within(polygon, hole, mask.shape) for hole in holes)]
        if inside:
            painted |= drawn(inside, *mask.shape) & mask
    np.testing.assert_array_equal(painted, mask)


@given(MASKS)
@settings(max_examples=100, deadline=None)
def test_the_areas_of_outlines_add_up_to_the_mask(mask):
    outer, holes = outlines(mask)
    assert sum(map(_area, outer)) + sum(map(_area, holes)) == 2 * int(mask.sum())
    assert all(_area(polygon) > 0 for polygon in outer)
    assert all(_area(polygon) < 0 for polygon in holes)


def _area(polygon):
    x, y = np.array(polygon).T
    return int(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _within(polygon, hole, shape):
    return bool((drawn([polygon], *shape) & drawn([hole], *shape)).any())
