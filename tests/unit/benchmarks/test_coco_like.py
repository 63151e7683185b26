import hashlib
import json
from pathlib import Path

import cv2
import pytest

from benchmarks.coco_like import SIZES, write_coco_like

IMAGES = 40


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coco-like")
    write_coco_like(folder, images=IMAGES, workers=1)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_number_of_workers_changes_no_byte(written: Path, tmp_path: Path) -> None:
    write_coco_like(tmp_path, images=IMAGES, workers=2)
    assert digests(tmp_path) == digests(written)


def test_every_listed_image_is_there_at_its_size_and_no_two_are_alike(written: Path) -> None:
    listed = json.loads((written / "instances.json").read_text())["images"]
    assert len(listed) == IMAGES
    for record in listed:
        pixels = cv2.imread(str(written / "images" / record["file_name"]))
        assert pixels.shape[:2] == (record["height"], record["width"])
        assert pixels.shape[:2] in SIZES
    assert len(set(digests(written / "images").values())) == IMAGES


def test_instances_are_as_many_and_as_heavy_as_in_coco(written: Path) -> None:
    document = json.loads((written / "instances.json").read_text())
    assert [record["id"] for record in document["annotations"]] == list(range(1, len(document["annotations"]) + 1))
    assert 4 < len(document["annotations"]) / IMAGES < 12
    weights = [path.stat().st_size for path in (written / "images").iterdir()]
    assert 90_000 < sum(weights) / IMAGES < 180_000


def test_the_annotations_alone_are_those_of_the_whole_set(written: Path, tmp_path: Path) -> None:
    path = write_coco_like(tmp_path, images=IMAGES, workers=1, pixels=False)
    assert path.read_bytes() == (written / "instances.json").read_bytes()
    assert not list((tmp_path / "images").iterdir())
