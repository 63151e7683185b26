"""What `taxonomy.labelling` says of a customer's label."""

from pathlib import Path

import pytest

from lake.errors import UnmappedLabelError
from taxonomy.labelling import NO_CLASS, LabelCount, Labelling, Meaning, load_labelling

TAXONOMY = "version: 1\nclasses: {vehicle: {bicycle: {}, car: {}}, stuff: {sky: {}}}\nbackground: [stuff]\napproved: [vehicle]\n"


def _labelling(folder: Path, acme: str = "customer: acme\nlabels: {bike: bicycle, air: sky}\nignore: [void]\n") -> Labelling:
    (folder / "common.yaml").write_text(TAXONOMY, encoding="utf-8")
    (folder / "maps").mkdir(exist_ok=True)
    (folder / "maps" / "acme.yaml").write_text(acme, encoding="utf-8")
    return load_labelling(folder / "common.yaml", folder / "maps")


def test_a_label_has_a_class_a_path_and_a_disposition(tmp_path: Path) -> None:
    labelling = _labelling(tmp_path)
    assert labelling.meaning("acme", "bike") == Meaning("bicycle", "vehicle/bicycle", "kept")
    assert labelling.meaning("acme", "air") == Meaning("sky", "stuff/sky", "background")
    assert labelling.meaning("acme", "void") == NO_CLASS
    assert labelling.meaning("acme", "lorry") is labelling.meaning("rapid", "bike") is None


def test_unmapped_labels_are_counted_by_customer_with_the_file_and_the_remedy(tmp_path: Path) -> None:
    labelling = _labelling(tmp_path)
    counts = [
        LabelCount("rapid", "bike", 1),
        LabelCount("acme", "tram", 7),
        LabelCount("acme", "lorry", 1200),
        LabelCount("acme", "bike", 9),
    ]
    with pytest.raises(UnmappedLabelError) as caught:
        labelling.check_mapped(counts)
    assert str(caught.value).splitlines() == [
        "3 labels are in no label map:",
        f"  customer acme ({tmp_path}/maps/acme.yaml): 2 labels of 1,207 instances: 'lorry' 1,200, 'tram' 7",
        f"  customer rapid ({tmp_path}/maps/rapid.yaml): 1 label of 1 instance: 'bike' 1",
        "`centrepiece taxonomy suggest PIPELINE --write` writes them into the label maps, each with a class if one is near",
    ]


def test_many_unmapped_labels_take_one_line_a_customer(tmp_path: Path) -> None:
    _labelling(tmp_path)
    (tmp_path / "maps" / "acme.yaml").rename(tmp_path / "maps" / "a.yaml")
    labelling = load_labelling(tmp_path / "common.yaml", tmp_path / "maps")
    with pytest.raises(UnmappedLabelError) as caught:
        labelling.check_mapped(LabelCount("acme", f"label {number}", 200 - number) for number in range(150))
    line = str(caught.value).splitlines()[1]
    assert line.startswith(f"  customer acme ({tmp_path}/maps/a.yaml): 150 labels of 18,825 instances: 'label 0' 200, ")
    assert line.endswith("'label 7' 193 and 142 more")


def test_labels_with_a_meaning_pass(tmp_path: Path) -> None:
    _labelling(tmp_path).check_mapped([LabelCount("acme", "bike", 3), LabelCount("acme", "VOID", 1)])


def test_the_digest_is_of_what_the_files_say_not_of_their_layout(tmp_path: Path) -> None:
    first = _labelling(tmp_path).digest_for("acme")
    other_layout = "# a remark\ncustomer: acme\nignore: [void]\nlabels:\n  air: sky\n  bike: vehicle/bicycle\n"
    assert _labelling(tmp_path, other_layout).digest_for("acme") == first
    assert _labelling(tmp_path, other_layout.replace("air: sky", "air: car")).digest_for("acme") != first


def test_one_customers_map_does_not_change_anothers_digest(tmp_path: Path) -> None:
    before = _labelling(tmp_path).digest_for("rapid")
    assert _labelling(tmp_path, "customer: acme\nlabels: {x: car}\n").digest_for("rapid") == before
