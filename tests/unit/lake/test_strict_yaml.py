"""What `lake.strict_yaml` refuses beyond what is not YAML."""

import pytest
import yaml

from lake.strict_yaml import parse_yaml


def test_plain_values_come_as_the_safe_loader_gives_them() -> None:
    text = "a: {b: {}, c: , 1: one}\nd: [1, 2.5, yes, '1']\n"
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "x: {a: 1, a: 1}", "- {a: 1, 'a': 2}"])
def test_a_key_that_stands_twice_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match=r"(?s)found the key 'a' twice.*line \d, column"):
        parse_yaml(text)


def test_a_number_and_its_text_are_two_keys() -> None:
    assert parse_yaml("1: a\n'1': b\n") == {1: "a", "1": "b"}
