"""`detect` takes data sets apart as people keep them, and says of what it does not read what to name instead."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from jobs.sources.detect import detect
from lake.configuration import Source
from lake.errors import InputError
from tests.support.plain_ingest import plain_ingest

SQUARE = [[2, 2, 12, 2, 12, 12, 2, 12]]


def photo(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 24, 3)).astype(np.uint8)).save(path)


def label_map(path: Path, values: list[int], mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((20, 24), np.uint8)
    for index, value in enumerate(values):
        pixels[4 * index : 4 * index + 3, :12] = value
    Image.fromarray(pixels).convert(mode).save(path)


def coco(path: Path, names: list[str], *annotations: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    records = [{"id": number, "image_id": 0, "category_id": 1, **record} for number, record in enumerate(annotations)]
    path.write_text(json.dumps({"images": images, "annotations": records, "categories": [{"id": 1, "name": "dog"}]}))


INSTANCE = {"segmentation": SQUARE, "bbox": [2, 2, 10, 10]}
CAPTION = {"caption": "a dog"}
KEY_POINTS = {**INSTANCE, "keypoints": [1, 2, 2], "num_keypoints": 1}


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    """COCO as it is downloaded: three kinds of annotations for each split, images in a folder of each."""
    for seed, split in enumerate(("train2017", "val2017")):
        photo(tmp_path / f"coco/{split}/{split}.jpg", seed)
        for kind, record in (("instances", INSTANCE), ("captions", CAPTION), ("person_keypoints", KEY_POINTS)):
            coco(tmp_path / f"coco/annotations/{kind}_{split}.json", [f"{split}.jpg"], record)
    return tmp_path / "coco"


def ingested(found: list[Any], folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return images, annotations and rejects by source."""
    read = {one.stanza["name"]: plain_ingest(folder / "store", Source.model_validate(one.stanza)) for one in found}
    return {name: (len(one.images), len(one.annotations), len(one.rejects)) for name, one in read.items()}


def test_the_standard_folder_of_coco_is_one_source_a_split(standard: Path, tmp_path: Path) -> None:
    found = detect(standard)
    assert ingested(found, tmp_path) == {"coco-train2017": (1, 1, 0), "coco-val2017": (1, 1, 0)}
    assert {one.stanza["customer"] for one in found} == {"coco"}
    assert [name in found[0].evidence for name in ("captions_train2017.json", "person_keypoints_val2017.json")] == [True, True]
    assert len(yaml.safe_load("".join(one.as_yaml() for one in found))) == 2


def test_annotations_of_coco_are_enough_where_images_lie_beside_their_folder(standard: Path, tmp_path: Path) -> None:
    assert ingested(detect(standard / "annotations"), tmp_path) == {"coco-train2017": (1, 1, 0), "coco-val2017": (1, 1, 0)}
    assert ingested(detect(standard / "annotations/instances_val2017.json"), tmp_path) == {"coco-val2017": (1, 1, 0)}


def test_a_single_split_of_coco_needs_no_other(standard: Path, tmp_path: Path) -> None:
    for path in [*standard.rglob("*train2017*")]:
        if path.is_file():
            path.unlink()
    assert ingested(detect(standard), tmp_path) == {"coco-val2017": (1, 1, 0)}


def test_images_of_a_split_that_are_not_there_are_told(standard: Path) -> None:
    (standard / "val2017/val2017.jpg").unlink()
    told = {one.stanza["name"]: "no image called val2017.jpg was found below" in one.evidence for one in detect(standard)}
    assert told == {"coco-train2017": False, "coco-val2017": True}


@pytest.mark.parametrize(("kind", "what"), [("captions", "captions"), ("person_keypoints", "key points")])
def test_coco_without_instances_proposes_the_file_that_has_them(standard: Path, kind: str, what: str) -> None:
    with pytest.raises(InputError, match=rf"{kind}_val2017.json is a COCO file of {what}.*instances are in .*/instances_val2017.json"):
        detect(standard / f"annotations/{kind}_val2017.json")
    for path in standard.glob("annotations/instances_*"):
        path.unlink()
    with pytest.raises(InputError, match=rf"{kind}_val2017.json is .*take the file of instances .*instances_val2017.json"):
        detect(standard / f"annotations/{kind}_val2017.json")
    with pytest.raises(InputError, match=r"holds no instances: annotations/captions_train2017.json is a COCO file of captions"):
        detect(standard)


def test_documents_of_one_folder_are_sources_of_different_names(tmp_path: Path) -> None:
    photo(tmp_path / "acme/images/a.jpg")
    for name in ("north.json", "south.json", "annotations.json"):
        coco(tmp_path / "acme/annotations" / name, ["a.jpg"], INSTANCE)
    names = [detect(tmp_path / "acme/annotations" / name)[0].stanza["name"] for name in ("north.json", "south.json", "annotations.json")]
    assert names == ["acme-north", "acme-south", "acme"]


def test_what_is_no_export_of_a_reader_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]))
    with pytest.raises(InputError, match="a list of COCO results with bbox alone"):
        detect(tmp_path / "a.json")
    (tmp_path / "a.json").write_text(json.dumps([{"ID": "x", "Labeled Data": "u", "Label": {}}]))
    with pytest.raises(InputError, match=r"first export format .* export the project again"):
        detect(tmp_path)
    (tmp_path / "a.json").unlink()
    photo(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="holds images alone"):
        detect(tmp_path)


LAYOUTS = {
    "gt": ("pictures/a.jpg", "gt/a.png"),
    "any names": ("x/a.jpg", "y/a.png"),
    "VOC": ("JPEGImages/a.jpg", "SegmentationClass/a.png"),
    "below": ("images/train/a.jpg", "targets/train/a.png"),
    "suffix": ("images/a.jpg", "alpha/a_mask.png"),
    "one folder": ("all/a.jpg", "all/a_mask.png"),
    "images of png": ("x/a.png", "y/a.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("mode", ["L", "P"])
def test_label_maps_are_found_under_any_name(layout: str, mode: str, tmp_path: Path) -> None:
    image, label = (tmp_path / "set" / path for path in LAYOUTS[layout])
    photo(image)
    label_map(label, [1, 2], mode)
    with pytest.raises(InputError, match=r"look like label maps, .* mean \(0, 1, 2\); write classes.json"):
        detect(tmp_path / "set")
    classes = {"classes": [{"id": 1, "name": "dog", "kind": "thing"}, {"id": 2, "name": "sky", "kind": "stuff"}]}
    (tmp_path / "set/classes.json").write_text(json.dumps(classes))
    assert ingested(detect(tmp_path / "set"), tmp_path) == {"set": (1, 3, 0)}


def test_maps_of_splits_that_have_folders_of_their_own_are_sources_of_their_own(tmp_path: Path) -> None:
    for seed, split in enumerate(("train", "val")):
        photo(tmp_path / f"set/{split}/images/{split}.jpg", seed)
        label_map(tmp_path / f"set/{split}/masks/{split}.png", [1])
    (tmp_path / "set/classes.json").write_text('{"instances_of": "cell"}')
    assert ingested(detect(tmp_path / "set"), tmp_path) == {"set-train-images": (1, 1, 0), "set-val-images": (1, 1, 0)}


def test_maps_that_are_numbered_each_are_taken_for_instances_of_one_class(tmp_path: Path) -> None:
    for name, values in (("a", [1, 2, 3]), ("b", [1, 2])):
        photo(tmp_path / f"set/img/{name}.jpg", ord(name))
        label_map(tmp_path / f"set/ids/{name}.png", values)
    with pytest.raises(InputError, match=r'they may be instances; .*\{"instances_of": "…"\}'):
        detect(tmp_path / "set")
    (tmp_path / "set/classes.json").write_text('{"instances_of": "cell"}')
    (found,) = detect(tmp_path / "set")
    assert found.stanza["scene"] == "partial"
    assert ingested([found], tmp_path) == {"set": (2, 5, 0)}


def test_yolo_without_its_class_list_says_what_to_write(tmp_path: Path) -> None:
    photo(tmp_path / "yard/images/a.jpg")
    (tmp_path / "yard/labels").mkdir()
    (tmp_path / "yard/labels/a.txt").write_text("0 .1 .1 .5 .1 .5 .5\n2 .1 .1 .5 .1 .5 .5\n")
    with pytest.raises(InputError, match=r"labels/a.txt look like labels of YOLO, .*write data.yaml as `names: \{0: …, 2: …\}`"):
        detect(tmp_path / "yard")
    (tmp_path / "yard/conf").mkdir()
    (tmp_path / "yard/conf/yard.yaml").write_text("train: images\nnames: {0: dog, 2: cat}\n")
    assert ingested(detect(tmp_path / "yard"), tmp_path) == {"yard": (1, 2, 0)}
    (tmp_path / "yard/conf/yard.yaml").unlink()
    (tmp_path / "yard/labels/a.txt").write_text("0 .1 .1 .5 .1\n")
    with pytest.raises(InputError, match="of boxes alone"):
        detect(tmp_path / "yard")
