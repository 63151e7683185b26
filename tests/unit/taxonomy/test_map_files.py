"""Suggestions become entries of label maps; what stands in a map stays to the letter."""

from pathlib import Path

import pytest
import yaml

from lake.errors import ConfigurationError
from taxonomy.classes import Taxonomy
from taxonomy.label_maps import load_label_maps
from taxonomy.labelling import LabelCount, Labelling
from taxonomy.map_files import write_label_maps
from taxonomy.suggestions import suggest
from taxonomy.tree import grow

TREE = grow({"car": {}, "truck": {}, "sky": {}})
COUNTS = [LabelCount("acme", label, 9) for label in ("lorry", "12, cars", "void", "xylophone")] + [LabelCount("b", "auto", 1)]
LAYOUTS = [
    "customer: acme\nlabels:\n  x: car  # a remark\n  # another\nignore: [a]\n",
    "customer: acme\nlabels:\n    x: car\nignore:\n- a\n",
    "customer: acme\nlabels: {x: car}\nignore: [a,]",
    "customer: acme\nlabels: {\n  x: car,  # a remark\n}\nignore: [\n  a\n]\n",
    "customer: acme\nignore: [a]\nlabels: {x: car}",
    "customer: acme\nlabels: {x: car}\nignore:\n  - a  # last\n# the end\n",
]


def _written(folder: Path) -> dict[str, dict[str, str]]:
    labelling = Labelling(Taxonomy(TREE, ("sky",), ("car", "truck")), load_label_maps(folder, TREE), folder)
    write_label_maps(labelling, suggest(labelling, COUNTS))
    return {customer: dict(found.classes) for customer, found in load_label_maps(folder, TREE).items()}


ADDED = {"lorry": "truck", "12, cars": "car", "void": ""}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_map_that_stands_gets_more_entries_and_keeps_its_lines(tmp_path: Path, layout: str) -> None:
    (tmp_path / "any name.yaml").write_text(layout)
    assert _written(tmp_path) == {"acme": {"x": "car", "a": "", **ADDED}, "b": {"auto": "car"}}
    text = (tmp_path / "any name.yaml").read_text()
    assert all(line.split("#")[-1] in text for line in layout.splitlines() if "#" in line)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["any name.yaml", "b.yaml"]


@pytest.mark.parametrize("layout", ["customer: acme\n", "customer: acme", "customer: acme\nlabels: {}\nignore: []"])
def test_a_map_of_nothing_is_filled(tmp_path: Path, layout: str) -> None:
    (tmp_path / "acme.yaml").write_text(layout)
    assert _written(tmp_path)["acme"] == ADDED


def test_a_customer_without_a_map_gets_one_with_remarks(tmp_path: Path) -> None:
    assert _written(tmp_path) == {"acme": ADDED, "b": {"auto": "car"}}
    text = (tmp_path / "acme.yaml").read_text()
    assert "# xylophone: 9 instances; nothing is near" in text
    assert _written(tmp_path) == {"acme": ADDED, "b": {"auto": "car"}}
    assert (tmp_path / "acme.yaml").read_text() == text


def test_a_map_that_cannot_be_extended_is_left_alone(tmp_path: Path) -> None:
    text = "{customer: acme, labels: {x: car}}"
    (tmp_path / "acme.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"acme.yaml cannot be extended .*; paste what"):
        _written(tmp_path)
    assert yaml.safe_load((tmp_path / "acme.yaml").read_text()) == yaml.safe_load(text)
