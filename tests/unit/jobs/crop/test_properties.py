"""Size, thinness and crowding on shapes whose answer is known."""

import numpy as np
import pytest

from jobs.crop.properties import crowding_of, sizes_of, thinness_of


@pytest.mark.parametrize(("area", "size"), [(1, "small"), (1023, "small"), (1024, "medium"), (9215, "medium"), (9216, "large")])
def test_size_has_coco_s_thresholds(area: int, size: str) -> None:
    assert sizes_of(np.array([area])) == [size]


@pytest.mark.parametrize("radius", [10, 40, 100])
def test_a_disc_is_compact_at_any_size(radius: int) -> None:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    assert thinness_of(rows**2 + columns**2 <= radius**2) == pytest.approx(1, abs=0.09)


def test_a_wire_is_thin_and_an_empty_mask_has_no_shape() -> None:
    assert thinness_of(np.ones((1, 200), bool)) < 0.03
    assert thinness_of(np.zeros((4, 4), bool)) == 0


def test_boxes_that_only_touch_do_not_crowd() -> None:
    boxes = np.array([[0, 0, 10, 10], [10, 0, 5, 5], [9, 9, 5, 5], [40, 40, 1, 1]])
    assert crowding_of(boxes).tolist() == [1, 0, 1, 0]
    assert crowding_of(boxes[:0]).tolist() == []
