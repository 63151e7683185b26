"""What `taxonomy.tree` accepts as a class tree, and how nodes are named."""

from typing import Any

import pytest

from taxonomy.tree import grow

CLASSES: dict[str, Any] = {"vehicle": {"car": {}, "two wheels": {"bicycle": {}, "motorbike": None}}, "dog": {}}


def test_each_leaf_is_a_class_with_its_path_from_the_root() -> None:
    assert grow(CLASSES).paths == {
        "car": "vehicle/car",
        "bicycle": "vehicle/two wheels/bicycle",
        "motorbike": "vehicle/two wheels/motorbike",
        "dog": "dog",
    }


def test_a_node_is_named_by_leaf_or_by_path() -> None:
    tree = grow(CLASSES)
    assert tree.path_of("bicycle") == tree.path_of("vehicle/two wheels/bicycle") == "vehicle/two wheels/bicycle"
    assert tree.path_of("vehicle/two wheels") == "vehicle/two wheels"
    assert tree.class_of("vehicle/car") == "car"


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"'bicicle' is neither a leaf nor a path .* did you mean 'bicycle'"):
        grow(CLASSES).path_of("bicicle")


def test_an_inner_node_is_no_class() -> None:
    with pytest.raises(ValueError, match="'vehicle' is an inner node"):
        grow(CLASSES).class_of("vehicle")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({"a": {"car": {}}, "b": {"car": {}}}, "leaf 'car' stands at 'a/car' and at 'b/car'"),
        ({"a": {"Car": {}}, "b": {"car": {}}}, "leaf 'car' stands at 'a/Car' and at 'b/car'"),
        ({"a": {"b": {}}, "b": {"c": {}}}, "'b' is a leaf at 'a/b' and an inner node"),
        ({"a": ["car"]}, r"node 'a': expected a mapping of sub-classes, or \{\} for a class, got \['car'\]"),
        ({"a": {True: {}}}, "under a: expected a name in quotes, got True"),
        ({"a/b": {}}, "has no slash and no space at its ends, got 'a/b'"),
        ({" a": {}}, "no space at its ends, got ' a'"),
        ({"": {}}, "a name is not blank"),
        ({}, "the class tree has no leaf"),
    ],
)
def test_a_malformed_tree_is_refused(classes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grow(classes)


def test_a_tree_that_contains_itself_is_refused() -> None:
    classes: dict[str, Any] = {"a": {"b": {}}}
    classes["a"]["c"] = classes["a"]
    with pytest.raises(ValueError, match="the class tree has a cycle: 'a/c' contains itself"):
        grow(classes)
