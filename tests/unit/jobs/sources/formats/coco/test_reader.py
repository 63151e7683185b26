"""Every record of a COCO file ends as a labelled object or as a reject with its reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.sources.files.exports import open_export
from jobs.sources.formats.coco import reader as coco
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Polygons, Rejected, RunLengths, Unit
from lake.errors import InputError
from lake.reasons import Reason

SQUARE = [[1, 1, 5, 1, 5, 5, 1, 5]]
IMAGE = {"id": 0, "file_name": "a.jpg", "width": 8, "height": 6}
CATEGORIES = [
    *({"id": 0, "name": "dog"}, {"id": 7, "name": " "}, {"id": 8, "name": "cat"}, {"id": 8, "name": "car"}),
    *({"id": 9, "name": "cow"}, {"id": 9, "name": "cow"}),
]


def annotation(**changes: Any) -> dict[str, Any]:
    record = {"id": 1, "image_id": 0, "category_id": 0, "segmentation": SQUARE, "bbox": [1, 1, 4, 4], "iscrowd": 0}
    return {key: value for key, value in {**record, **changes}.items() if value is not ...}


def read(folder: Path, annotations: list[Any], images: list[Any] | None = None) -> tuple[list[Any], list[Any]]:
    document = {"images": [IMAGE] if images is None else images, "annotations": annotations, "categories": CATEGORIES}
    (folder / "coco.json").write_text(json.dumps(document))
    export = open_export(str(folder / "coco.json"), str(folder))
    units = list(coco.units(export))
    assert all(isinstance(unit, Unit) for unit in units)
    listed = [image for unit in units for image in coco.images(export, unit)]
    sizes = {image.name: ImageSize(8, 6) for image in listed if isinstance(image, ListedImage)}
    return listed, [record for unit in units for record in coco.objects(export, unit, sizes)]


def outcome(folder: Path, **changes: Any) -> Any:
    (record,) = read(folder, [annotation(**changes)])[1]
    return record.reason if isinstance(record, Rejected) else record


def test_a_polygon_a_run_length_code_and_a_crowd_are_kept(tmp_path: Path) -> None:
    found = outcome(tmp_path)
    assert found == LabelledObject(":1", "0", "dog", Polygons(SQUARE))
    assert outcome(tmp_path, segmentation={"size": [6, 8], "counts": "0`1"}).geometry == RunLengths("0`1", 6, 8)
    crowd = outcome(tmp_path, segmentation={"size": [6, 8], "counts": [0, 48]}, iscrowd=1)
    assert crowd.is_crowd
    assert crowd.geometry == RunLengths([0, 48], 6, 8)


def test_a_missing_iscrowd_means_no_crowd_as_in_lvis(tmp_path: Path) -> None:
    assert outcome(tmp_path, iscrowd=...).is_crowd is False


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"segmentation": []}, Reason.BOX_ONLY),
        ({"segmentation": ...}, Reason.BOX_ONLY),
        ({"segmentation": [[]]}, Reason.BOX_ONLY),
        ({"segmentation": None, "bbox": ...}, Reason.EMPTY_GEOMETRY),
        ({"segmentation": [], "bbox": []}, Reason.EMPTY_GEOMETRY),
        ({"segmentation": [[1, 1, 5, 5]]}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": [[1, 1, 5, 1, 5]]}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": [1, 1, 5, 1, 5, 5]}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": [[1, 1, 5, 1, "5", 5]]}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": "text"}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": 5}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": {"counts": "0`1"}}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": {"counts": [1, 2.5], "size": [6, 8]}}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": {"counts": {}, "size": [6, 8]}}, Reason.MALFORMED_GEOMETRY),
        ({"segmentation": {"counts": [1], "size": [-6, 8]}}, Reason.MALFORMED_GEOMETRY),
        ({"category_id": 5}, Reason.UNKNOWN_CATEGORY),
        ({"category_id": None}, Reason.UNKNOWN_CATEGORY),
        ({"category_id": 7}, Reason.EMPTY_LABEL),
        ({"category_id": 8}, Reason.UNKNOWN_CATEGORY),
        ({"iscrowd": "0"}, Reason.MALFORMED_RECORD),
        ({"iscrowd": 2}, Reason.MALFORMED_RECORD),
        ({"image_id": 99}, Reason.UNLISTED_IMAGE),
        ({"image_id": ...}, Reason.MALFORMED_RECORD),
        ({"id": ...}, Reason.MALFORMED_RECORD),
        ({"id": "x"}, Reason.MALFORMED_RECORD),
    ],
)
def test_an_irregular_record_has_its_own_reason(tmp_path: Path, changes: dict[str, Any], reason: Reason) -> None:
    assert outcome(tmp_path, **changes) is reason


def test_a_category_listed_twice_is_told_by_its_names(tmp_path: Path) -> None:
    assert outcome(tmp_path, category_id=9).label == "cow"
    (record,) = read(tmp_path, [annotation(category_id=8)])[1]
    assert record.detail == "category 8 is listed 2 times under different names: 'cat', 'car'"


def test_plain_columns_leave_what_single_records_would_reject(tmp_path: Path) -> None:
    read(tmp_path, [annotation(category_id=number) for number in (0, 8, 9)] + [annotation(id=9, iscrowd=2), annotation(id=10, image_id=5)])
    export = open_export(str(tmp_path / "coco.json"), str(tmp_path))
    batches = [coco.polygon_batch(export, unit) for unit in coco.units(export) if isinstance(unit, Unit)]
    usable = [ref for batch in batches for ref, use in zip(batch.refs, batch.usable, strict=True) if use]
    assert usable == [":1"]


@pytest.mark.parametrize("spelling", ['"image_id": 0e0', '"image_id": -0.0', r'"im\u0061ge_id": 0', '"image_id": 0, "imabc_id": 5'])
def test_an_annotation_finds_its_image_however_the_id_is_spelt(tmp_path: Path, spelling: str) -> None:
    record = json.dumps(annotation()).replace('"image_id": 0', spelling)
    document = json.dumps({"images": [IMAGE], "annotations": [], "categories": CATEGORIES})
    (tmp_path / "coco.json").write_text(document.replace('"annotations": []', f'"annotations": [{record}]'))
    export = open_export(str(tmp_path / "coco.json"), str(tmp_path))
    (unit,) = coco.units(export)
    assert isinstance(unit, Unit)
    assert [record.ref for record in coco.objects(export, unit, {})] == [":1"]
    assert isinstance(next(iter(coco.objects(export, unit, {}))), LabelledObject)


def test_the_first_of_an_id_stands_and_later_ones_say_whether_they_differ(tmp_path: Path) -> None:
    records = [annotation(), annotation(id=2), annotation(), annotation(category_id=7)]
    found = read(tmp_path, records)[1]
    assert [getattr(record, "reason", None) for record in found] == [
        None,
        None,
        Reason.DUPLICATE_RECORD,
        Reason.DUPLICATE_ID,
    ]


def test_images_are_listed_once_an_id_and_hostile_names_are_rejected(tmp_path: Path) -> None:
    listed, records = read(
        tmp_path,
        [annotation(), annotation(id=2, image_id=1)],
        [IMAGE, {**IMAGE, "width": 9}, IMAGE, {"id": 1, "file_name": "../../etc/passwd"}, {"file_name": "b.jpg"}, 5],
    )
    assert listed[0] == ListedImage(":image 0", "0", "a.jpg", 8, 6)
    assert [image.reason for image in listed[1:]] == [
        Reason.DUPLICATE_ID,
        Reason.DUPLICATE_RECORD,
        Reason.HOSTILE_PATH,
        Reason.MALFORMED_RECORD,
        Reason.MALFORMED_RECORD,
    ]
    assert listed[3].image == records[1].image == "1"


def test_the_records_of_a_large_file_keep_to_bounded_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.sources.formats.coco.grouping.MOST_OBJECTS", 10)
    images = [{**IMAGE, "id": number} for number in range(20)]
    records = [annotation(id=number, image_id=(number * 7) % 23) for number in range(100)]
    listed, found = read(tmp_path, records, images)
    assert len(listed) == 20
    assert sorted(int(record.ref[1:]) for record in found) == list(range(100))
    assert sum(isinstance(record, Rejected) for record in found) == sum((n * 7) % 23 >= 20 for n in range(100))
    export = open_export(str(tmp_path / "coco.json"))
    assert all(unit.weight <= 30 for unit in coco.units(export) if isinstance(unit, Unit))


def test_a_file_that_is_no_coco_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"images": []}')
    with pytest.raises(InputError, match="expected the keys images and annotations"):
        list(coco.units(open_export(str(tmp_path / "a.json"))))


def test_in_a_folder_a_broken_document_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(json.dumps({"images": [IMAGE], "annotations": [annotation()], "categories": []}))
    broken, unit = coco.units(open_export(str(tmp_path)))
    assert isinstance(broken, Rejected)
    assert isinstance(unit, Unit)
    assert [record.ref for record in coco.objects(open_export(str(tmp_path)), unit, {})] == ["b.json:1"]
