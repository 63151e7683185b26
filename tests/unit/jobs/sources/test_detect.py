"""`detect` names the format of every real export, and its stanza reads it."""

import shutil
from pathlib import Path

import pytest

from jobs.sources.detect import detect
from lake.configuration import Source
from lake.errors import InputError
from tests.plain_ingest import plain_ingest

EXPORTS = [
    ("coco/coco_mini", "coco", 739),
    ("coco/labelbox_coco20/panoptic.json", "coco-panoptic", 389),
    ("coco/labelbox_coco20/rle.json", "coco", 231),
    ("platform/roboflow/sharks-tiny-coco", "coco", 17),
    ("platform/labelme/examples/instance_segmentation/data_annotated", "labelme", 14),
    ("platform/labelme/examples/instance_segmentation/data_dataset_coco", "coco", 12),
    ("platform/supervisely/lemons-annotated", "supervisely", 26),
    ("platform/cvat/for_images/export_project", "cvat", 1),
    ("platform/datumaro/legacy", "datumaro", 0),
    ("platform/v7_darwin/import", "darwin", 0),
    ("platform/labelbox/ndjson", "labelbox", 0),
    ("platform/label_studio/sdk_tests/data.json", "label-studio", 0),
    ("platform/label_studio/ml_backend/test_brush_labels.json", "label-studio", 0),
]


@pytest.mark.parametrize(("path", "kind", "count"), EXPORTS)
def test_a_real_export_is_recognised_and_its_stanza_reads_it(tmp_path: Path, data_folder: Path, path: str, kind: str, count: int) -> None:
    found = detect(data_folder / path)
    assert found.format == kind
    assert len(plain_ingest(tmp_path, Source.model_validate(found.stanza)).annotations) == count


def test_label_maps_are_recognised_by_their_class_list_and_stems(data_folder: Path) -> None:
    found = detect(data_folder / "camvid")
    assert found.format == "label-png"
    assert {key: Path(found.stanza[key]).name for key in ("annotations", "images", "classes")} == {
        "annotations": "labels",
        "images": "images",
        "classes": "classes.json",
    }
    assert found.as_yaml().startswith("- name: camvid\n")


def test_an_archive_is_looked_into_and_named_as_a_whole(tmp_path: Path, data_folder: Path) -> None:
    project = data_folder / "platform/supervisely/lemons-annotated"
    archive = shutil.make_archive(str(tmp_path / "night one"), "zip", project)
    found = detect(archive)
    assert found.format == "supervisely"
    assert found.stanza["name"] == "night-one"
    assert found.stanza["annotations"].startswith(archive)
    assert len(plain_ingest(tmp_path / "store", Source.model_validate(found.stanza)).annotations) == 26


def test_what_no_reader_knows_is_refused(tmp_path: Path, data_folder: Path) -> None:
    with pytest.raises(InputError, match="nothing at"):
        detect(tmp_path / "none")
    (tmp_path / "a.json").write_text('{"hello": [1]}')
    with pytest.raises(InputError, match="no format that a reader knows"):
        detect(tmp_path / "a.json")
    with pytest.raises(InputError, match="no document that a reader knows"):
        detect(tmp_path)
    with pytest.raises(InputError, match="several formats"):
        detect(data_folder / "coco/labelbox_coco20")
