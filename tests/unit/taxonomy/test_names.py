"""How `taxonomy.names` compares names."""

import pytest

from taxonomy.names import normalised, singular, words


@pytest.mark.parametrize("name", ["Traffic  Light", " traffic light\t", "TRAFFIC LIGHT", "traffic\u00a0light"])
def test_case_and_white_space_do_not_count(name: str) -> None:
    assert normalised(name) == "traffic light"


@pytest.mark.parametrize("name", ["TrafficLight", "traffic_light", "traffic-light", "Traffic: light", "traffic/light", "traffic (light)"])
def test_words_are_parted_however_tools_join_them(name: str) -> None:
    assert words(name) == ("traffic", "light")


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("cars", "car"),
        ("buses", "bus"),
        ("horses", "horse"),
        ("vases", "vase"),
        ("boxes", "box"),
        ("benches", "bench"),
        ("puppies", "puppy"),
        ("glasses", "glass"),
    ],
)
def test_a_word_and_its_plural_compare_equal(plural: str, one: str) -> None:
    assert singular(plural) == singular(one)


def test_different_words_compare_different() -> None:
    assert len({singular(word) for word in ("bus", "bush", "box", "glass", "grass", "horse", "house", "tie", "ties")}) == 8
