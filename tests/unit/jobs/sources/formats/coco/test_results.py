"""COCO results are read with their data set's own file, and every result ends as an object or as a reject with its reason."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.sources.detect import detect
from jobs.sources.files.exports import open_export
from jobs.sources.formats.coco import results as coco_results
from jobs.sources.records import Unit
from lake.configuration import Source
from lake.errors import InputError
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

SQUARE = [[1, 1, 5, 1, 5, 5, 1, 5]]
DATASET = {
    "images": [{"id": 0, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}],
    "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}, {"id": 2, "name": "cow"}],
}


def result(**changes: Any) -> dict[str, Any]:
    record = {"image_id": 0, "category_id": 1, "segmentation": SQUARE, "score": 0.9}
    return {key: value for key, value in {**record, **changes}.items() if value is not ...}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    for number, name in enumerate(("a.png", "b.png")):
        Image.fromarray(np.full((6, 8, 3), number, np.uint8)).save(tmp_path / "set" / name)
    (tmp_path / "set/dataset.json").write_text(json.dumps(DATASET))
    return tmp_path / "set"


def read(folder: Path, *records: Any, annotations: str = "found.json", **stanza: Any) -> Ingested:
    (folder / "found.json").write_text(json.dumps(records))
    return plain_ingest(folder.parent / "store", source_of("s", format="coco-results", annotations=str(folder / annotations), **stanza))


def test_results_lie_on_the_images_of_their_data_set(folder: Path) -> None:
    runs = {"size": [6, 8], "counts": [0, 6, 42]}
    for place in ("found.json", "."):
        found = read(folder, result(), result(image_id=7, segmentation=runs), annotations=place, min_score=0.5)
        assert sorted((row["label"], row["area"], row["source_ref"]) for row in found.annotations) == [
            ("dog", 6, "found.json#1"),
            ("dog", 16, "found.json#0"),
        ]
        assert (len(found.images), found.rejects) == (2, [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"score": 0.4}, "low-score"),
        ({"score": ...}, "malformed-record"),
        ({"score": "0.9"}, "malformed-record"),
        ({"score": float("nan")}, "malformed-record"),
        ({"image_id": "0"}, "malformed-record"),
        ({"image_id": 3}, "unlisted-image"),
        ({"category_id": 9}, "unknown-category"),
        ({"category_id": 2}, "unknown-category"),
        ({"segmentation": ..., "bbox": [1, 1, 2, 2]}, "box-only"),
        ({"segmentation": ..., "keypoints": [1, 1, 2]}, "empty-geometry"),
        ({"segmentation": {"size": [8, 6], "counts": [0, 48]}}, "size-mismatch"),
    ],
)
def test_a_result_that_gives_no_object_has_its_reason(folder: Path, changes: dict[str, Any], reason: str) -> None:
    found = read(folder, result(**changes), min_score=0.5)
    assert (found.reasons(), len(found.images)) == ({reason: 1}, 2)


def test_several_lists_share_the_images_and_a_list_that_is_none_is_one_reject(folder: Path) -> None:
    (folder / "other.json").write_text(json.dumps([result(image_id=7)]))
    (folder / "broken.json").write_text("[")
    found = read(folder, result(), annotations=".")
    assert (len(found.images), len(found.annotations), found.reasons()) == (2, 2, {"malformed-record": 1})


def test_the_data_set_is_named_or_stands_beside_alone(folder: Path, tmp_path: Path) -> None:
    (folder / "dataset.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(InputError, match=r"need the data set's own file, .* 0 beside them"):
        read(folder, result())
    assert len(read(folder, result(), classes=str(tmp_path / "elsewhere.json")).annotations) == 1
    for name in ("one.json", "two.json"):
        (folder / name).write_text(json.dumps(DATASET))
    with pytest.raises(InputError, match=r"2 beside them .*: one.json, two.json: name it"):
        read(folder, result())
    with pytest.raises(InputError, match="is no list of COCO results"):
        read(folder, result(), annotations="one.json", classes=str(tmp_path / "elsewhere.json"))


def test_a_unit_hangs_on_the_data_set_as_well(folder: Path) -> None:
    read(folder, result())
    digests = []
    for name in ("dog", "wolf"):
        (folder / "dataset.json").write_text(json.dumps(DATASET).replace("dog", name))
        export, annotations, _ = open_export(str(folder / "found.json")).watched()
        (unit,) = coco_results.units(export)
        assert isinstance(unit, Unit)
        unit = pickle.loads(pickle.dumps(unit))
        assert len(list(coco_results.images(export, unit))) == 2
        assert {"found.json", "dataset.json"} <= annotations.seen.keys()
        digests.append(list(coco_results.files(export, unit)))
    assert digests[0] != digests[1]


def test_detection_finds_the_data_set_beside_results(folder: Path) -> None:
    read(folder, result())
    for place in (folder, folder / "found.json"):
        (found,) = detect(place)
        assert (found.format, found.stanza["classes"]) == ("coco-results", str(folder / "dataset.json"))
        assert len(plain_ingest(folder.parent / "store", Source.model_validate(found.stanza)).annotations) == 1
    (folder / "dataset.json").unlink()
    with pytest.raises(InputError, match=r"list of COCO results, which needs the data set's own file .* none lies beside"):
        detect(folder / "found.json")
