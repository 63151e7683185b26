import pytest

from imaging.jitter import JITTERS, Jitter, jittered_window
from imaging.orientation import Box

WINDOW, BOX = Box(100, 50, 60, 40), Box(110, 60, 40, 20)


def test_no_jitter_is_the_whole_window() -> None:
    assert jittered_window(WINDOW, BOX, Jitter(), "a") == Box(0, 0, 60, 40)


def test_less_padding_is_nearer_to_the_box() -> None:
    assert jittered_window(WINDOW, BOX, JITTERS["padding-50"], "a") == Box(5, 5, 50, 30)
    assert jittered_window(WINDOW, BOX, JITTERS["padding-0"], "a") == Box(10, 10, 40, 20)
    assert jittered_window(WINDOW, BOX, JITTERS["cut-5"], "a") == Box(12, 11, 36, 18)


def test_a_looser_box_reaches_beyond_the_window_on_every_side() -> None:
    assert jittered_window(WINDOW, BOX, JITTERS["loose-10"], "a") == Box(-4, -2, 68, 44)
    assert jittered_window(WINDOW, BOX, JITTERS["loose-25"], "a") == Box(-10, -5, 80, 50)


def test_an_off_centre_window_keeps_its_size_and_moves_to_every_side_by_the_crops_id() -> None:
    seen = {jittered_window(WINDOW, BOX, JITTERS["off-10"], str(number)) for number in range(40)}
    assert seen == {Box(left, top, 60, 40) for left in (-4, 4) for top in (-2, 2)}


def test_noise_moves_the_four_sides_apart_from_each_other_and_within_its_bound() -> None:
    found = [jittered_window(WINDOW, BOX, JITTERS["noise-10"], str(number)) for number in range(400)]
    sides = [[box.left for box in found], [box.left + box.width - 60 for box in found]]
    assert {(min(side), max(side)) for side in sides} == {(-4, 3), (-3, 4)}  # rounded outwards
    assert {box.top for box in found} == {-2, -1, 0, 1}
    assert len({(box.left, box.left + box.width) for box in found}) > 40


@pytest.mark.parametrize("jitter", JITTERS.values())
def test_a_jittered_window_is_never_empty(jitter: Jitter) -> None:
    for window, box in ((Box(0, 0, 1, 1), Box(0, 0, 1, 1)), (Box(-5, -5, 12, 9), Box(0, 0, 2, 2)), (Box(3, 3, 2, 2), Box(0, 0, 9, 9))):
        found = jittered_window(window, box, jitter, "b")
        assert found.width > 0 and found.height > 0
