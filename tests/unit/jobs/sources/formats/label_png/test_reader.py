"""A label map becomes one record a region, and every id outside the class list is void."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.masks.rle import paint_runs
from jobs.sources.files.exports import Export, open_export
from jobs.sources.formats.label_png import reader as label_png
from jobs.sources.formats.label_png.class_list import ClassList, parse_classes
from jobs.sources.formats.label_png.label_regions import label_regions
from jobs.sources.formats.label_png.pairing import pair_maps
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Rejected, RunLengths
from lake.errors import InputError
from lake.reasons import Reason

CLASSES = {
    "ignore_index": 9,
    "classes": [
        {"id": 0, "name": "sky", "kind": "stuff", "rgb": [0, 0, 255]},
        {"id": 1, "name": "car", "kind": "thing", "rgb": [255, 0, 0]},
        {"id": 9, "name": "nothing", "kind": "stuff"},
        {"id": 3, "name": "void", "kind": "void"},
    ],
}
VALUES = np.array([[1, 0, 1, 5], [0, 0, 0, 3], [0, 1, 0, 9]], np.uint8)


def export(folder: Path, label: Image.Image, *, classes: dict[str, Any] | None = None) -> Export:
    (folder / "labels").mkdir()
    (folder / "images").mkdir()
    label.save(folder / "labels" / "a.png")
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(folder / "images" / "a.jpg")
    (folder / "classes.json").write_text(json.dumps(classes or CLASSES))
    return open_export(str(folder / "labels"), str(folder / "images"), str(folder / "classes.json"))


def objects(of: Export, size: ImageSize | None = None) -> list[Any]:
    found = []
    for unit in label_png.units(of):
        names = [image.name for image in label_png.images(of, unit) if isinstance(image, ListedImage)]  # type: ignore[arg-type]
        found += label_png.objects(of, unit, dict.fromkeys(names, size or ImageSize(4, 3)))  # type: ignore[arg-type]
    return found


def described(found: list[Any]) -> list[tuple[str, str, bool, int]]:
    return [(record.ref, record.label, record.is_void, sum(record.geometry.counts[1::2])) for record in found]


EXPECTED = [
    ("a.png#0/0", "sky", False, 6),
    ("a.png#1/0", "car", False, 1),
    ("a.png#1/1", "car", False, 1),
    ("a.png#1/2", "car", False, 1),
    ("a.png#void/0", "void", True, 3),
]


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_things_are_divided_stuff_is_whole_and_the_rest_is_void(tmp_path: Path, mode: str) -> None:
    label = Image.fromarray(VALUES.astype(np.uint16)) if mode == "I;16" else Image.fromarray(VALUES)
    if mode == "P":
        label = label.convert("P")
        label.putdata(VALUES.ravel().tolist())
    found = objects(export(tmp_path, label))
    assert described(found) == EXPECTED


def test_regions_are_where_the_map_says(tmp_path: Path) -> None:
    (sky, *_) = objects(export(tmp_path, Image.fromarray(VALUES)))
    assert isinstance(sky, LabelledObject)
    assert isinstance(sky.geometry, RunLengths)
    assert (paint_runs(np.array(sky.geometry.counts), 3, 4) == (VALUES == 0)).all()


def test_a_map_coded_by_colour_is_read_through_the_class_list(tmp_path: Path) -> None:
    colours = {0: (0, 0, 255), 1: (255, 0, 0), 9: (1, 2, 3), 3: (4, 5, 6), 5: (7, 8, 9)}
    pixels = np.array([[colours[value] for value in row] for row in VALUES.tolist()], np.uint8)
    assert described(objects(export(tmp_path, Image.fromarray(pixels)))) == EXPECTED


def test_a_colour_of_several_classes_means_none(tmp_path: Path) -> None:
    pixels = np.zeros((3, 4, 3), np.uint8)
    pixels[:2] = (1, 2, 3)
    colours = ([1, 2, 3], [1, 2, 3], [0, 0, 0], [0, 0, 0])
    kinds = ("thing", "thing", "void", "void")
    listed = [{"id": n, "name": str(n), "kind": kind, "rgb": rgb} for n, (kind, rgb) in enumerate(zip(kinds, colours, strict=True))]
    (record,) = objects(export(tmp_path, Image.fromarray(pixels), classes={"classes": listed}))
    assert (record.reason, "#010203" in record.detail) == (Reason.UNDECODABLE_IMAGE, True)
    assert parse_classes(json.dumps({"classes": listed[2:]}).encode()).colours == {0: 2}


@pytest.mark.parametrize("coloured", [False, True])
def test_values_may_be_instances_of_one_class(tmp_path: Path, coloured: bool) -> None:
    pixels = np.stack([VALUES, VALUES * 0, VALUES * 0], 2) if coloured else VALUES
    classes = {"instances_of": "cell", "ignore_index": 9}
    assert described(objects(export(tmp_path, Image.fromarray(pixels), classes=classes))) == [
        ("a.png#1/0", "cell", False, 3),
        ("a.png#3/0", "cell", False, 1),
        ("a.png#5/0", "cell", False, 1),
        ("a.png#void/0", "void", True, 1),
    ]


@pytest.mark.parametrize("ending", ["", "_mask", "-gt", "_labelIds", ".seg", "_L", "_Segmentation"])
def test_a_map_is_known_by_its_images_stem_and_in_one_folder_by_what_follows_it(ending: str) -> None:
    images, maps = ["t/a.jpg", "t/b_mask.jpg"], [f"t/a{ending}.png", "t/b_mask.png", "t/c_mask.png"]
    assert list(pair_maps(images, maps)) == [("t/a", *(images[0], maps[0])), ("t/b_mask", images[1], maps[1]), ("t/c_mask", None, maps[2])]
    if ending:
        assert list(pair_maps(["a.jpg", f"a{ending}.png", "b.png"], [f"a{ending}.png", "b.png"], one_folder=True)) == [
            ("a", "a.jpg", f"a{ending}.png"),
            ("b", "b.png", None),
        ]


def test_an_8_bit_map_may_have_a_divisor_beyond_its_values() -> None:
    values = np.zeros((6, 8), np.uint8)
    values[1:3, 1:3] = values[1:3, 5:7] = 7
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    found = label_regions(file.getvalue(), ClassList({7: "car"}, frozenset({7}), {}, divisor=1000))
    assert [(name, label) for name, label, _ in found.regions] == [("7/0", "car"), ("7/1", "car"), ("void/0", None)]


def test_a_map_of_another_size_than_its_image_is_one_reject(tmp_path: Path) -> None:
    (record,) = objects(export(tmp_path, Image.fromarray(VALUES)), ImageSize(3, 4))
    assert record.reason is Reason.SIZE_MISMATCH


def test_a_map_that_is_cut_off_is_one_reject(tmp_path: Path) -> None:
    of = export(tmp_path, Image.fromarray(VALUES))
    buffer = io.BytesIO()
    Image.fromarray(VALUES).save(buffer, "PNG")
    for data in (buffer.getvalue()[:-30], b"no image"):
        (tmp_path / "labels" / "a.png").write_bytes(data)
        (record,) = objects(of)
        assert record.reason is Reason.UNDECODABLE_IMAGE


def test_a_map_without_image_is_rejected_and_an_image_without_map_is_listed(tmp_path: Path) -> None:
    of = export(tmp_path, Image.fromarray(VALUES))
    (tmp_path / "images" / "a.jpg").rename(tmp_path / "images" / "b.jpg")
    (record,) = objects(of)
    assert isinstance(record, Rejected)
    assert record.reason is Reason.MISSING_IMAGE
    listed = [image for unit in label_png.units(of) for image in label_png.images(of, unit)]  # type: ignore[arg-type]
    assert [image.path for image in listed if isinstance(image, ListedImage)] == ["b.jpg"]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (None, "set the source's `classes`"),
        (b"{}", "names no class"),
        (b'{"classes": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "id 1 twice"),
        (b'{"instances_of": " "}', 'expected {"instances_of": "cell"'),
        (b'{"instances_of": "cell", "classes": []}', 'expected {"instances_of"'),
        (b'{"classes": [{"id": -1, "name": "a"}]}', "an id from 0"),
        (b'{"classes": [{"id": 1}]}', "and a name"),
        (b'{"classes": [{"id": 1, "name": "a", "kind": "other"}]}', "expected kind"),
        (b"[", "not JSON"),
    ],
)
def test_a_class_list_that_cannot_be_used_is_refused(classes: bytes | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_classes(classes)


def test_a_source_without_a_folder_of_images_is_refused(tmp_path: Path) -> None:
    export(tmp_path, Image.fromarray(VALUES))
    with pytest.raises(InputError, match="a folder of `images`"):
        list(label_png.units(open_export(str(tmp_path / "labels"), None, str(tmp_path / "classes.json"))))
