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


def test_all_unmapped_labels_are_listed_at_once_with_count_file_and_remedy(tmp_path: Path) -> None:
    labelling = _labelling(tmp_path)
    counts = [
        LabelCount("rapid", "bike", 1),
        LabelCount("acme", "tram", 7),
        LabelCount("acme", "lorry", 1200),
        LabelCount("acme", "bike", 9),
    ]
    with pytest.raises(UnmappedLabelError) as caught:
        labelling.check_mapped(counts)
    assert str(caught.value) == (
        "label 'lorry' of customer 'acme' (1,200 instances) is in no label map;\n"
        "label 'tram' of customer 'acme' (7 instances) is in no label map;\n"
        "label 'bike' of customer 'rapid' (1 instance) is in no label map; "
        f"add them to {tmp_path}/maps/acme.yaml, {tmp_path}/maps/rapid.yaml or run `centrepiece taxonomy suggest`"
    )


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
