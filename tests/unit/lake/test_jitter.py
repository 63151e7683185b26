import pytest

from lake.jitter import JITTERS, Jitter, sub_window
from lake.orientation import Box

WINDOW, BOX = Box(100, 50, 60, 40), Box(110, 60, 40, 20)


def test_no_jitter_is_the_whole_window() -> None:
    assert sub_window(WINDOW, BOX, Jitter(1.0, 0.0), "a") == Box(0, 0, 60, 40)


def test_less_padding_is_nearer_to_the_box() -> None:
    assert sub_window(WINDOW, BOX, JITTERS["padding-50"], "a") == Box(5, 5, 50, 30)
    assert sub_window(WINDOW, BOX, JITTERS["padding-0"], "a") == Box(10, 10, 40, 20)
    assert sub_window(WINDOW, BOX, JITTERS["cut-5"], "a") == Box(12, 11, 36, 18)


def test_an_off_centre_box_loses_one_side_of_each_axis_by_the_crops_id() -> None:
    seen = {sub_window(WINDOW, BOX, JITTERS["off-10"], str(number)) for number in range(40)}
    assert seen == {Box(left, top, 54, 36) for left in (0, 6) for top in (0, 4)}


@pytest.mark.parametrize("jitter", JITTERS.values())
def test_a_sub_window_lies_in_its_window_and_is_never_empty(jitter: Jitter) -> None:
    for window, box in ((Box(0, 0, 1, 1), Box(0, 0, 1, 1)), (Box(-5, -5, 12, 9), Box(0, 0, 2, 2)), (Box(3, 3, 2, 2), Box(0, 0, 9, 9))):
        found = sub_window(window, box, jitter, "b")
        assert found.left >= 0 and found.top >= 0 and found.width > 0 and found.height > 0
        assert found.left + found.width <= window.width and found.top + found.height <= window.height
