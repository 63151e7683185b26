"""Drafts a class tree from COCO categories: sanitised names, supercategories as branches, stuff under the background."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lake.errors import InputError

STUFF_BRANCH = "stuff"
# fmt: off
_AMORPHOUS = frozenset((
    "background", "building", "ceiling", "dirt", "floor", "fog", "grass", "gravel", "ground", "lawn",
    "mountain", "pavement", "playingfield", "railroad", "river", "road", "sand", "sea", "sidewalk", "sky",
    "snow", "terrain", "vegetation", "wall", "water",
))
# fmt: on
_STUFF_ENDINGS = ("-merged", "-stuff", "-other")
_STUFF_BEGINNINGS = ("floor-", "ground-", "sky-", "wall-", "water-")
_NO_PARENT = frozenset(("", "none", "null"))


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a COCO file, as it stands there."""

    number: int
    name: str
    supercategory: str
    is_thing: bool | None  # None where the file does not say

    @property
    def is_stuff(self) -> bool:
        """Whether it is background: by its own word, else by its name (COCO's names of stuff, and plain ones)."""
        if self.is_thing is not None:
            return not self.is_thing
        name = self.name.strip().casefold()
        return name in _AMORPHOUS or name.endswith(_STUFF_ENDINGS) or name.startswith(_STUFF_BEGINNINGS)


@dataclass(frozen=True, slots=True)
class ClassTreeDraft:
    """What a taxonomy file and a label map are written from."""

    classes: Mapping[str, Any]  # nested, leaves are {}
    labels: Mapping[str, str]  # verbatim category name -> leaf
    background: tuple[str, ...]
    approved: tuple[str, ...]


def parse_categories(records: Iterable[Any], where: str) -> list[Category]:
    """Check the records of a COCO file's `categories`.

    Raises:
        InputError: There is none, one is no mapping, has no whole id or no name, or two share an id.
    """
    categories: dict[int, Category] = {}
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            raise InputError(f"{where}: expected categories[{index}] to be an object with id and name, got {record!r}")
        number, name = record.get("id"), record.get("name")
        if not isinstance(number, int) or isinstance(number, bool):
            raise InputError(f"{where}: expected a whole number as the id of categories[{index}], got {number!r}")
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"{where}: expected a name in text for category {number}, got {name!r}; name it in the file")
        if number in categories:
            raise InputError(
                f"{where}: categories {categories[number].name!r} and {name!r} share the id {number}: annotations of that id "
                "could mean either; give each its own"
            )
        parent = record.get("supercategory")
        thing = record.get("isthing")
        is_thing = bool(thing) if isinstance(thing, int) else None
        categories[number] = Category(number, name, parent if isinstance(parent, str) else "", is_thing)
    if not categories:
        raise InputError(f"{where}: expected at least one category under 'categories', got none; is it a COCO instances file?")
    return list(categories.values())


def draft_tree(categories: list[Category]) -> ClassTreeDraft:
    """Build the class tree: one leaf a distinct name, under its supercategory where that groups it with others."""
    labels = _leaves(categories)
    members: dict[str, dict[str, None]] = {}
    placed: set[str] = set()
    for category in categories:
        leaf = labels[category.name]
        if leaf not in placed:  # categories of one name are one class: the first says where it belongs
            members.setdefault(_branch(category), {})[leaf] = None
            placed.add(leaf)
    taken = set(labels.values())
    classes: dict[str, Any] = {}
    for branch, leaves in members.items():
        if branch == "" or (branch != STUFF_BRANCH and list(leaves) == [branch]):
            classes.update({leaf: {} for leaf in leaves})
            continue
        name = _free(f"{branch}_kinds", taken) if branch in taken else branch
        taken.add(name)
        classes[name] = {leaf: {} for leaf in leaves}
    stuff = [name for name, below in classes.items() if below and set(below) <= _stuff_leaves(categories, labels)]
    return ClassTreeDraft(classes, labels, tuple(stuff), tuple(name for name in classes if name not in stuff))


def sanitised(name: str, otherwise: str) -> str:
    """Return a name of lower-case letters, digits and underscores (of any script), or `otherwise` where nothing is left."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"\W+", "_", plain).strip("_") or otherwise


def _leaves(categories: list[Category]) -> dict[str, str]:
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for category in categories:
        if category.name not in labels:
            labels[category.name] = _free(sanitised(category.name, f"class_{category.number}"), taken)
            taken.add(labels[category.name])
    return labels


def _branch(category: Category) -> str:
    if category.is_stuff:
        return STUFF_BRANCH
    parent = category.supercategory.strip()
    return "" if parent.casefold() in _NO_PARENT else sanitised(parent, "")


def _stuff_leaves(categories: list[Category], labels: Mapping[str, str]) -> set[str]:
    return {labels[category.name] for category in categories if category.is_stuff}


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
