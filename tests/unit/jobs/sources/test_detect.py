"""`detect` names the format of every real export, and its stanza reads it."""

import shutil
from pathlib import Path

import pytest
import yaml

from demo.exports.formats import FORMATS
from jobs.sources.detect import detect
from lake.configuration import Source
from lake.errors import InputError
from tests.support.plain_ingest import Ingested, plain_ingest, source_of
from tests.support.sample_exports import REAL, Sample, demo_samples

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


PACKED = ("zip", "tar", "gztar")
NAMES = [*REAL, *(f"demo-{name}" for name in FORMATS)]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {**REAL, **demo_samples(tmp_path_factory.mktemp("demo") / "world")}


def summary(found: Ingested) -> tuple[int, dict[str, int], dict[str, int]]:
    return len(found.images), found.labels(), found.reasons()


@pytest.mark.parametrize("name", NAMES)
def test_a_stanza_reads_what_the_export_holds_in_a_folder_and_in_an_archive(
    name: str, samples: dict[str, Sample], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = request.getfixturevalue("data_folder") if name in REAL else tmp_path
    samples[name].make(data, tmp_path / "export")
    wanted = plain_ingest(tmp_path / "store", source_of("x", **samples[name].paths(str(tmp_path / "export"))))
    archive = shutil.make_archive(str(tmp_path / "packed"), PACKED[NAMES.index(name) % len(PACKED)], tmp_path / "export")
    for location in (str(tmp_path / "export"), archive):
        (found,) = detect(location)
        assert found.format == samples[name].format
        (stanza,) = yaml.safe_load(found.as_yaml())
        assert summary(plain_ingest(tmp_path / "store", Source.model_validate(stanza))) == summary(wanted)


def test_images_are_found_beside_the_folder_of_a_document(data_folder: Path) -> None:
    (found,) = detect(data_folder / "coco/coco_mini/annotations/instances_train2017.json")
    assert found.stanza["images"] == str(data_folder / "coco/coco_mini/train2017")


def test_label_maps_without_a_class_list_are_told_what_they_lack(data_folder: Path) -> None:
    with pytest.raises(InputError, match=r"masks/ and images/ share 21 stems.*classes\.json"):
        detect(data_folder / "saliency/grabcut")


@pytest.mark.parametrize(("path", "kind", "count"), EXPORTS)
def test_a_real_export_is_recognised_and_its_stanza_reads_it(tmp_path: Path, data_folder: Path, path: str, kind: str, count: int) -> None:
    (found,) = detect(data_folder / path)
    assert found.format == kind
    assert len(plain_ingest(tmp_path, Source.model_validate(found.stanza)).annotations) == count


def test_label_maps_are_recognised_by_their_class_list_and_stems(data_folder: Path) -> None:
    (found,) = detect(data_folder / "camvid")
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
    (found,) = detect(archive)
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


@pytest.mark.parametrize("name", ["_a", "-", "..b", "日本", "ünïcode", "a" * 100, "what!x"])
def test_the_stanza_of_an_oddly_named_export_is_one(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.json").write_text('{"shapes": [], "imagePath": "a.png"}')
    for location in (tmp_path / name, shutil.make_archive(str(tmp_path / f"{name}z"), "zip", tmp_path / name)):
        (stanza,) = yaml.safe_load(detect(location)[0].as_yaml())
        assert plain_ingest(tmp_path / "store", Source.model_validate(stanza)).reasons() == {"missing-image": 1}
