"""Which objects on a picture of two sources count as one."""

from typing import Any

import pyarrow as pa
import pytest

from jobs.label.repeats import repeated_objects, shared_images
from taxonomy.classes import Taxonomy
from taxonomy.label_maps import LabelMap
from taxonomy.labelling import Labelling
from taxonomy.tree import grow

MAPS = {"a": LabelMap("a", {"cat": "cat", "sky": ""}, {}), "b": LabelMap("b", {"Katze": "cat", "dog": "dog", "sky": ""}, {})}
LABELLING = Labelling(Taxonomy(grow({"cat": {}, "dog": {}}), (), ("cat", "dog")), MAPS, folder=None)  # type: ignore[arg-type]


def row(name: str, source: str, label: str, left: int = 10, side: int = 40, **others: Any) -> dict[str, Any]:
    box = {"box_x": left, "box_y": 10, "box_width": side, "box_height": side, "area": side * side}
    flags = {"is_crowd": False, "is_void": False}
    return {"image_id": "1", "source": source, "customer": source, "label": label, "instance_id": name} | box | flags | others


def repeated(*rows: dict[str, Any], fixed: dict[str, str] | None = None) -> dict[str, str]:
    images = pa.table({"image_id": ["1", "1", "2"], "source": ["a", "b", "b"], "split": ["train"] * 3})
    shared = shared_images(images, fixed or {})
    return repeated_objects(pa.Table.from_pylist(list(rows)).to_batches(), shared, fixed or {}, LABELLING)


def test_the_same_class_in_the_same_place_stands_in_the_first_source() -> None:
    assert repeated(row("b1", "b", "Katze", left=11), row("a1", "a", "cat"), row("b2", "b", "dog")) == {"b1": "a1"}


@pytest.mark.parametrize(
    "other",
    [row("b1", "b", "Katze", left=30), row("b1", "b", "Katze", area=200), row("b1", "b", "dog"), row("b1", "b", "Katze", image_id="2")],
    ids=["elsewhere", "another mask", "another class", "another picture"],
)
def test_other_objects_stand(other: dict[str, Any]) -> None:
    assert repeated(row("a1", "a", "cat"), other) == {}


def test_in_one_source_nothing_is_repeated_nor_are_regions_to_ignore_or_pictures_of_two_splits() -> None:
    assert repeated(row("a1", "a", "cat"), row("a2", "a", "cat")) == {}
    assert repeated(row("a1", "a", "sky"), row("b1", "b", "sky")) == {}
    assert repeated(row("a1", "a", "cat"), row("b1", "b", "Katze", is_crowd=True)) == {}
    assert repeated(row("a1", "a", "cat"), row("b1", "b", "Katze"), fixed={"a": "val", "b": "test"}) == {}
