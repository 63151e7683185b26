"""What `taxonomy.label_maps` reads from a folder of label maps."""

from pathlib import Path

import pytest

from lake.errors import ConfigurationError
from taxonomy.label_maps import TO_IGNORE, load_label_map, load_label_maps
from taxonomy.tree import grow

TREE = grow({"vehicle": {"bicycle": {}, "car": {}}})


def _written(folder: Path, text: str, name: str = "acme.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_exact_spelling_decides_and_else_case_and_space_do_not_count(tmp_path: Path) -> None:
    text = "customer: acme\nlabels: {Bike: bicycle, 'Motor  Car': vehicle/car}\nignore: [void]\n"
    labels = load_label_map(_written(tmp_path, text), TREE)
    assert [labels.class_of(label) for label in ("Bike", "BIKE ", "motor car", "Void", "bikes")] == [
        "bicycle",
        "bicycle",
        "car",
        TO_IGNORE,
        None,
    ]


def test_spellings_that_mean_different_things_match_only_exactly(tmp_path: Path) -> None:
    text = "customer: acme\nlabels: {Bike: bicycle, bike: car}\n"
    labels = load_label_map(_written(tmp_path, text), TREE)
    assert [labels.class_of(label) for label in ("Bike", "bike", "BIKE")] == ["bicycle", "car", None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer: acme\nlabels: {bike: bycicle}", "label 'bike': 'bycicle' is neither .* did you mean 'bicycle'"),
        ("customer: acme\nlabels: {bike: vehicle}", "label 'bike': 'vehicle' is an inner node"),
        ("customer: acme\nlabels: {1: car}", r"labels must be text, got \[1\]; put quotes around them"),
        ("customer: acme\nignore: [no]", r"labels must be text, got \[False\]"),
        ("customer: acme\nlabels: {void: car}\nignore: [void]", r"\['void'\] are mapped and ignored"),
        ("customer: acme\nlables: {}", "unknown key 'lables'; did you mean 'labels'"),
        ("labels: {}", "customer"),
        ("customer: acme\nlabels: {bike: car, bike: bicycle}", "found the key 'bike' twice"),
    ],
)
def test_a_label_map_at_fault_is_refused_with_the_file_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"(?s)acme\.yaml.*{message}"):
        load_label_map(_written(tmp_path, text), TREE)


def test_two_files_of_one_customer_are_refused(tmp_path: Path) -> None:
    _written(tmp_path, "customer: acme\n", "a.yaml")
    _written(tmp_path, "customer: acme\n", "b.yml")
    with pytest.raises(ConfigurationError, match=r"a\.yaml and .*b\.yml are both of customer 'acme'"):
        load_label_maps(tmp_path, TREE)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="label_maps: expected a folder of YAML files"):
        load_label_maps(tmp_path / "maps", TREE)
