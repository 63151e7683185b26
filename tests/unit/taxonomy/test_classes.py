"""What `taxonomy.classes` reads from a taxonomy file."""

from pathlib import Path

import pytest

from lake.errors import ConfigurationError
from taxonomy.classes import load_taxonomy

TEXT = """
version: 1
classes:
  vehicle: {car: {}, bus: {}}
  animal: {dog: {}}
  stuff: {sky: {}, wall: {}}
  other: {thing: {}}
background: [stuff, bus]
approved: [vehicle, dog, wall]
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "common.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_background_and_approved_stand_for_whole_subtrees_and_background_wins(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(_written(tmp_path, TEXT))
    assert {class_id: taxonomy.disposition(class_id) for class_id in taxonomy.tree.paths} == {
        "car": "kept",
        "bus": "background",
        "dog": "kept",
        "sky": "background",
        "wall": "background",
        "thing": "unapproved",
    }


def test_a_root_is_no_prefix_of_another_name(tmp_path: Path) -> None:
    text = "version: 1\nclasses: {car: {a: {}}, carpet: {b: {}}}\napproved: [car]\n"
    assert load_taxonomy(_written(tmp_path, text)).disposition("b") == "unapproved"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "version"),
        ("approved:", "aproved:", "unknown key 'aproved'; did you mean 'approved'"),
        ("approved: [vehicle, dog, wall]", "approved: []", "approved"),
        ("approved: [vehicle, dog, wall]", "approved: [sky]", "every approved class is background"),
        (
            "approved: [vehicle, dog, wall]",
            "approved: [dog, stuff]",
            r"\['stuff'\] are listed as background and as approved",
        ),
        ("[stuff, bus]", "[stuf]", "background: 'stuf' is neither a leaf nor a path .* did you mean 'stuff'"),
        ("{car: {}, bus: {}}", "{car: {}, car: {}}", "found the key 'car' twice"),
        ("animal: {dog: {}}", "animal: {car: {}}", "leaf 'car' stands at 'vehicle/car' and at 'animal/car'"),
        ("animal: {dog: {}}", "animal: &a {dog: {}, again: *a}", "found the alias \\*a inside of what it stands for"),
    ],
)
def test_a_taxonomy_at_fault_is_refused_with_the_file_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError, match=rf"(?s)common\.yaml.*{message}"):
        load_taxonomy(_written(tmp_path, TEXT.replace(old, new)))
