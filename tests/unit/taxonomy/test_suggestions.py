"""What `taxonomy.suggestions` proposes for labels without a meaning."""

from pathlib import Path

import pytest
import yaml

from taxonomy.classes import Taxonomy
from taxonomy.label_maps import LabelMap
from taxonomy.labelling import LabelCount, Labelling
from taxonomy.suggestions import Suggestion, as_label_maps, suggest
from taxonomy.tree import grow

TREE = grow({"vehicle": {"car": {}, "bicycle": {}, "truck": {}}, "person": {}, "furniture": {"chair": {}, "potted plant": {}}, "sky": {}})
LABELLING = Labelling(
    Taxonomy(TREE, ("sky",), ("vehicle", "person")),
    {
        "other": LabelMap("other", {"Wagen": "car", "shade": ""}, {"wagen": "car", "shade": ""}),
        "acme": LabelMap("acme", {"auto": "car"}, {}),
    },
    Path("maps"),
)


def _one(label: str) -> Suggestion:
    (found,) = suggest(LABELLING, [LabelCount("acme", label, 3)])
    return found


@pytest.mark.parametrize(
    ("label", "class_id", "reason"),
    [
        ("Cars", "car", "the same name"),
        ("PottedPlant", "potted plant", "the same name"),
        ("potted_plants", "potted plant", "the same name"),
        ("Wagen", "car", "customer 'other' means it so"),
        ("lorry", "truck", "a synonym"),
        ("bikes", "bicycle", "a synonym"),
        ("pedestrian", "person", "a synonym"),
        ("wooden chair", "chair", "a kind of chair"),
        ("mountain bike", "bicycle", "a kind of bike"),
        ("bycicle", "bicycle", "a similar spelling"),
        ("motor bycicle", None, "nothing is near; add a class or ignore the label"),
        ("pottedplnt", None, "nothing is near; add a class or ignore the label"),
        ("xylophone", None, "nothing is near; add a class or ignore the label"),
    ],
)
def test_a_label_gets_its_class_with_the_reason(label: str, class_id: str | None, reason: str) -> None:
    assert (_one(label).class_id, _one(label).reason) == (class_id, reason)


@pytest.mark.parametrize(
    ("label", "class_id"),
    [
        ("walker", "cake"),
        ("house", "horse"),
        ("chair", "hair"),
        ("cable", "table"),
        ("curtain", "certain"),
        ("trailer", "trawler"),
        ("mouse", "moose"),
        ("hot dog", "dog"),
        ("teddy bear", "bear"),
        ("toy car", "car"),
        ("boot", "boat"),
        ("planet", "plane"),
        ("beard", "bear"),
        ("tier", "tire"),
    ],
)
def test_what_only_looks_alike_is_not_proposed(label: str, class_id: str) -> None:
    labelling = Labelling(Taxonomy(grow({class_id: {}}), (), (class_id,)), {}, Path("maps"))
    assert suggest(labelling, [LabelCount("acme", label, 1)])[0].class_id is None


@pytest.mark.parametrize(
    ("label", "class_id"),
    [
        ("trafic light", "traffic light"),
        ("Umbrela", "umbrella"),
        ("refrigirator", "refrigerator"),
        ("bycicle", "bicycle"),
        ("hand bag", "handbag"),
    ],
)
def test_a_slip_in_the_spelling_is_seen_through(label: str, class_id: str) -> None:
    labelling = Labelling(Taxonomy(grow({class_id: {}, "cake": {}}), (), (class_id,)), {}, Path("maps"))
    assert suggest(labelling, [LabelCount("acme", label, 1)])[0].class_id == class_id


@pytest.mark.parametrize("label", ["void", "Unlabeled", "DontCare", "shade"])
def test_what_was_not_labelled_is_proposed_to_be_ignored(label: str) -> None:
    assert (_one(label).class_id, _one(label).disposition) == (None, "ignored")


def test_a_proposal_says_what_would_become_of_the_instances() -> None:
    assert [_one(label).disposition for label in ("lorry", "skies", "chairs", "xylophone")] == ["kept", "background", "unapproved", None]


def test_labels_that_have_a_meaning_need_no_proposal() -> None:
    assert suggest(LABELLING, [LabelCount("acme", "auto", 3)]) == []


def test_proposals_come_by_customer_and_falling_count() -> None:
    counts = [LabelCount("b", "lorry", 9), LabelCount("a", "lorry", 1), LabelCount("a", "bike", 5)]
    assert [(one.customer, one.label) for one in suggest(LABELLING, counts)] == [("a", "bike"), ("a", "lorry"), ("b", "lorry")]


def test_proposals_as_yaml_are_a_label_map_that_holds_them() -> None:
    labels = ["lorry", "void", "yes: bike", "12", "no"]
    text = as_label_maps(suggest(LABELLING, [LabelCount("acme", label, 1_200) for label in labels]))["acme"]
    assert yaml.safe_load(text) == {"customer": "acme", "labels": {"lorry": "truck", "yes: bike": "bicycle"}, "ignore": ["void"]}
    assert "lorry: truck  # 1,200 instances; a synonym" in text
    assert "# 'no': 1,200 instances; nothing is near" in text


STUFF = ["road", "grass-merged", "sky-other-merged", "wall-brick", "Stone Wall"]


@pytest.mark.parametrize("label", STUFF)
def test_stuff_is_proposed_as_background_and_never_to_be_ignored(label: str) -> None:
    tree = grow({"cat": {}, "scene": {"other": {}, "clouds": {}}})
    ignoring = {"b": LabelMap("b", dict.fromkeys(STUFF, ""), {})}
    (found,) = suggest(Labelling(Taxonomy(tree, ("scene",), ("cat",)), ignoring, Path("maps")), [LabelCount("a", label, 3)])
    assert (found.class_id, found.disposition, found.reason) == ("other", "background", "stuff, which is background")
    (found,) = suggest(Labelling(Taxonomy(grow({"cat": {}}), (), ("cat",)), ignoring, Path("maps")), [LabelCount("a", label, 3)])
    assert (found.class_id, found.disposition) == (None, None) and "add a class under `background`" in found.reason


@pytest.mark.parametrize("label", ["water bottle", "roadster", "skyline model"])
def test_a_thing_whose_name_begins_like_stuff_is_none(label: str) -> None:
    assert "stuff" not in _one(label).reason
