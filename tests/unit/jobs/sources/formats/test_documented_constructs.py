"""What vendors' own documentation and readers know beyond the samples: slots, videos, paths that lead elsewhere, masks without names."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lake.errors import InputError
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

WIDTH, HEIGHT = 40, 20
SQUARE = [(2, 2), (12, 2), (12, 12), (2, 12)]
POINTS = [{"x": x, "y": y} for x, y in SQUARE]


def image(path: Path, colour: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), colour, np.uint8)).save(path)


def mask_png(columns: int) -> bytes:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[:, :columns] = 255
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def read(folder: Path, kind: str, documents: dict[str, Any], **stanza: str) -> Ingested:
    for name, content in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    stanza_paths = {key: str(folder / value) for key, value in {"annotations": ".", **stanza}.items()}
    return plain_ingest(folder.with_name("store"), source_of("s", format=kind, **stanza_paths))


def areas(found: Ingested) -> dict[str, int]:
    return {row["label"]: row["area"] for row in found.annotations}


def sizes(found: Ingested) -> dict[str, int]:
    """Return the width of the image that each label lies on."""
    return {row["label"]: row["image_width"] for row in found.annotations}


def slot(name: str, file: str, width: int = WIDTH) -> dict[str, Any]:
    return {"slot_name": name, "type": "image", "width": width, "height": HEIGHT, "source_files": [{"file_name": file}]}


def test_annotations_of_darwin_lie_on_the_image_of_their_slot_with_its_raster_layer(tmp_path: Path) -> None:
    image(tmp_path / "e/item/0/a.png")
    image(tmp_path / "e/item/1/b.png", 9, (30, HEIGHT))

    def layer(identity: str, where: str, width: int, count: int) -> dict[str, Any]:
        rle = [1, count, 0, width * HEIGHT - count]
        raster = {"dense_rle": rle, "mask_annotation_ids_mapping": {identity: 1}, "total_pixels": width * HEIGHT}
        return {"id": f"layer {where}", "name": "__raster_layer__", "slot_names": [where], "raster_layer": raster}

    annotations = [
        {"id": "first", "name": "left", "slot_names": ["0"], "mask": {}},
        {"id": "second", "name": "right", "slot_names": ["1"], "mask": {}},
        {"id": "third", "name": "nowhere", "slot_names": ["2"], "polygon": {"paths": [POINTS]}},
        {"id": "fourth", "name": "moving", "slot_names": ["1"], "frames": {"0": {"polygon": {"paths": [POINTS]}}}},
        layer("first", "0", WIDTH, 11),
        layer("second", "1", 30, 7),
    ]
    item = {"name": "item", "path": "/", "slots": [slot("0", "a.png"), slot("1", "b.png", 30)]}
    documents = {"item.json": {"version": "2.0", "item": item, "annotations": annotations}, ".v7/metadata.json": {"classes": []}}
    found = read(tmp_path / "e", "darwin", documents)
    assert areas(found) == {"left": 11, "right": 7}
    assert sizes(found) == {"left": WIDTH, "right": 30}
    assert found.reasons() == {"unlisted-image": 1, "unsupported-geometry": 1}


def test_an_image_of_darwin_has_the_suffix_of_its_file(tmp_path: Path) -> None:
    image(tmp_path / "e/scan.png")
    annotation = {"id": "a", "name": "dog", "polygon": {"paths": [POINTS]}}
    item = {"name": "scan", "path": "/", "slots": [slot("0", "upload.png")]}
    assert areas(read(tmp_path / "e", "darwin", {"a.json": {"item": item, "annotations": [annotation]}})) == {"dog": 100}


@pytest.mark.parametrize(
    ("path", "images"),
    [("../pictures/a.png", None), ("..\\pictures\\a.png", None), ("C:\\home\\pictures\\a.png", "."), ("/home/x/a.png", "pictures")],
)
def test_a_path_of_labelme_leads_out_of_its_folder_or_is_known_by_its_end(path: str, images: str | None, tmp_path: Path) -> None:
    image(tmp_path / "e/pictures/a.png")
    corners = [[2.6, 3.5], [3, 4]]
    mask = io.BytesIO()
    Image.fromarray(np.ones((2, 2), np.uint8)).save(mask, "PNG")
    shapes = [
        {"label": "dog", "shape_type": None, "points": [list(point) for point in SQUARE]},
        {"label": "dot", "shape_type": "mask", "points": corners, "mask": base64.b64encode(mask.getvalue()).decode()},
        {"label": "box", "shape_type": "oriented_rectangle", "points": [list(point) for point in SQUARE]},
    ]
    document = {"shapes": shapes, "imagePath": path, "imageData": None, "imageWidth": WIDTH, "imageHeight": HEIGHT}
    found = read(tmp_path / "e", "labelme", {"shapes/a.json": document}, **({"images": images} if images else {}))
    assert areas(found) == {"dog": 100, "dot": 4}
    assert next(row for row in found.annotations if row["label"] == "dot")["box_x"] == 3
    assert found.reasons() == {"unsupported-geometry": 1}


def test_tracks_of_cvat_are_refused_and_not_passed_over(tmp_path: Path) -> None:
    document = '<annotations><track id="0" label="car"><box frame="0" xtl="1" ytl="1" xbr="5" ybr="5"/></track></annotations>'
    with pytest.raises(InputError, match="`CVAT for video"):
        read(tmp_path / "e", "cvat", {"a.xml": document}, annotations="a.xml")
    assert read(tmp_path / "f", "cvat", {"a.xml": document}).reasons() == {"malformed-record": 1}


def test_masks_of_labelbox_whose_addresses_end_alike_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    image(tmp_path / "e/a.png")
    host = "https://api.labelbox.com/api/v1"
    objects = [
        {"feature_id": "f1", "name": "one", "mask": {"url": f"{host}/projects/p/annotations/f1/index/1/mask"}},
        {"feature_id": "f2", "name": "two", "mask": {"url": f"{host}/projects/p/annotations/f2/index/1/mask?token=x"}},
        {"feature_id": "f3", "name": "white", "composite_mask": {"url": f"{host}/tasks/t/masks/c/index/1", "color_rgb": [255] * 3}},
    ]
    for name, columns in {"f1": 3, "f2": 5, "c": 7}.items():
        (tmp_path / f"e/{name}.png").write_bytes(mask_png(columns))
    labels = [{"id": "l1", "annotations": {"objects": objects}}, {"id": "l2", "annotations": {"frames": {"1": {"objects": {}}}}}]
    row = {"data_row": {"id": "r", "external_id": "a.png"}, "projects": {"p": {"labels": labels}}}
    found = read(tmp_path / "e", "labelbox", {"e.ndjson": row}, annotations="e.ndjson")
    assert areas(found) == {"one": 3 * HEIGHT, "two": 5 * HEIGHT, "white": 7 * HEIGHT}
    assert found.reasons() == {"unsupported-geometry": 1}


def test_a_bitmap_of_supervisely_need_not_be_deflated_twice(tmp_path: Path) -> None:
    image(tmp_path / "e/ds/img/a.png")
    bitmap = {"data": base64.b64encode(mask_png(4)).decode(), "origin": [0, 0]}
    thing = {"id": 1, "classTitle": "dog", "geometryType": "bitmap", "bitmap": bitmap}
    assert areas(read(tmp_path / "e", "supervisely", {"ds/ann/a.png.json": {"objects": [thing]}})) == {"dog": 4 * HEIGHT}


def test_a_task_of_label_studio_names_its_first_image_with_or_without_the_hash_of_the_upload(tmp_path: Path) -> None:
    image(tmp_path / "e/a.png")
    shape = {"type": "polygonlabels", "original_width": WIDTH, "original_height": HEIGHT}
    value = {"points": [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in SQUARE], "polygonlabels": ["dog"]}
    results = [{**shape, "id": "r1", "item_index": 0, "value": value}, {**shape, "id": "r2", "item_index": 1, "value": value}]
    tasks = [
        {"id": 1, "data": {"note": "text", "pages": ["/data/upload/1/0a1b2c3d-a.png"]}, "annotations": [{"result": results}]},
        {"id": 2, "data": {"image": "a.png"}, "annotations": [{"skipped": True, "result": results[:1]}]},
        {"id": 3, "image": "/data/upload/1/0a1b2c3d-a.png", "label": [value], "annotator": 1},
    ]
    found = read(tmp_path / "e", "label-studio", {"tasks.json": tasks}, annotations="tasks.json")
    assert areas(found) == {"dog": 100}
    assert found.reasons() == {"duplicate-record": 1, "malformed-record": 1, "not-an-object": 1, "unlisted-image": 1}


def test_the_extended_map_of_scale_comes_before_the_one_of_8_bits(tmp_path: Path) -> None:
    image(tmp_path / "e/a.png")
    coded = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    coded[:5] = (44, 1, 0)  # 300
    Image.fromarray(coded).save(tmp_path / "e/extended.png")
    Image.fromarray(np.zeros((HEIGHT, WIDTH), np.uint8)).save(tmp_path / "e/index.png")

    def task(number: int, label: str, extended: str) -> dict[str, Any]:
        combined = {"indexedImage": "index.png", "extendedIndexedImage": extended}
        response = {"annotations": {"combined": combined}, "labelMapping": {label: {"index": 300}}}
        return {"task_id": f"t{number}", "params": {"attachment": "a.png"}, "response": response}

    found = read(tmp_path / "e", "scale", {"t.json": [task(1, "dog", "extended.png"), task(2, "cat", "gone.png")]}, annotations="t.json")
    assert areas(found) == {"dog": 5 * WIDTH}
    assert found.reasons() == {"duplicate-record": 1, "empty-geometry": 1}


def test_images_of_labelbox_may_be_called_by_the_id_of_their_row(tmp_path: Path) -> None:
    image(tmp_path / "e/ck1.jpg")
    shape = {"feature_id": "f", "name": "dog", "polygon": POINTS}
    row = {"data_row": {"id": "ck1", "external_id": "street 5", "row_data": "https://host/x?sig=1"}}
    row["projects"] = {"p": {"labels": [{"annotations": {"objects": [shape]}}]}}
    assert areas(read(tmp_path / "e", "labelbox", {"e.ndjson": row}, annotations="e.ndjson")) == {"dog": 100}


def test_the_first_export_format_of_labelbox_is_named(tmp_path: Path) -> None:
    old = [{"ID": "a", "Labeled Data": "https://host/a.png", "Label": {"objects": []}, "External ID": "a.png"}]
    for place in ("e.json", "."):
        with pytest.raises(InputError, match=r"e\.json is in Labelbox's first export format .* export the project again as NDJSON"):
            read(tmp_path / "e", "labelbox", {"e.json": old}, annotations=place)


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("coco", {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"id": 1, "score": float("nan")}], "categories": []}),
        ("coco", {"images": [{"id": 1, "score": float("inf")}], "annotations": [], "categories": []}),
        ("coco-panoptic", {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": float("nan")}], "categories": []}),
        ("label-studio", [{"data": {"image": "NaN.png"}, "annotations": [], "agreement": float("-inf")}]),
        ("scale", [{"task_id": "1", "params": {"attachment": "a.png"}, "response": {"x": float("nan")}}]),
        ("labelbox", [{"data_row": {"id": "a"}, "projects": {}, "x": float("nan")}]),
        ("datumaro", {"categories": {}, "items": [{"id": "a", "x": float("nan")}]}),
        ("labelme", {"imagePath": "a.png", "shapes": [{"points": [[float("nan"), 1]]}]}),
    ],
)
def test_numbers_that_only_python_writes_are_named(tmp_path: Path, kind: str, document: Any) -> None:
    image(tmp_path / "e/a.png")
    found = read(tmp_path / "e", kind, {"e.json": document})
    details = [row["detail"] for row in found.rejects if row["reason"] == "malformed-record"]
    assert details and all("not JSON: it holds" in detail and "allow_nan=False" in detail for detail in details), found.rejects


def test_each_image_of_coco_has_its_own_licence(tmp_path: Path) -> None:
    stated = [1, 2, 9, None, "CC0", 3, 4]
    for number in range(len(stated)):
        image(tmp_path / f"e/{number}.png", number)
    document = {
        "licenses": [
            *({"id": 1, "name": "BY", "url": "http://cc/by"}, {"id": 2, "name": None, "url": "http://cc/nd"}),
            *({"id": 3, "name": "", "url": None}, {"id": 4, "name": "A"}, {"id": 4, "name": "B"}, "none"),
        ],
        "images": [{"id": number, "file_name": f"{number}.png", "license": licence} for number, licence in enumerate(stated)],
        "annotations": [],
        "categories": [],
    }
    folder = tmp_path / "e"
    (folder / "e.json").write_text(json.dumps(document))
    found = plain_ingest(tmp_path / "store", source_of("s", format="coco", annotations=str(folder / "e.json"), licence="ours"))
    by_name = {Path(row["uri"]).stem: row["licence"] for row in found.images}
    assert [by_name[str(number)] for number in range(len(stated))] == [
        "BY (http://cc/by)",
        "http://cc/nd",
        "ours",
        "ours",
        "CC0",
        "ours",
        "A; B",
    ]


def test_coco_results_are_told_from_a_data_set(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5}]
    with pytest.raises(InputError, match=r"r\.json is a list and no COCO data set; .* set format: coco-results"):
        read(tmp_path / "e", "coco", {"r.json": results}, annotations="r.json")


def test_a_missing_image_says_where_it_was_looked_for(tmp_path: Path) -> None:
    document = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []}
    (reject,) = read(tmp_path / "e", "coco", {"e.json": document}).rejects
    assert reject["detail"] == f"no file 'a.png' below {tmp_path}/e"


def test_a_class_number_of_yolo_has_one_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found the key '0' twice"):
        read(tmp_path / "e", "yolo-seg", {"data.yaml": "names: {0: dog, 0: cat}\n", "labels/a.txt": "0 0 0 1 0 1 1"})


def test_poses_of_yolo_are_no_outlines(tmp_path: Path) -> None:
    image(tmp_path / "e/images/a.png")
    documents = {"data.yaml": "names: [person]\nkpt_shape: [17, 3]\n", "labels/a.txt": "0 .5 .5 .2 .2 .1 .1 2\n"}
    with pytest.raises(InputError, match="kpt_shape"):
        read(tmp_path / "e", "yolo-seg", documents)


def test_images_of_coco_lie_in_a_folder_of_their_split(tmp_path: Path) -> None:
    ring = [number for point in SQUARE for number in point]
    for colour, split in enumerate(("train", "val")):
        image(tmp_path / f"e/images/{split}/{split}.png", colour)
        document = {
            "images": [{"id": 1, "file_name": f"{split}.png"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [ring]}],
            "categories": [{"id": 1, "name": split}],
        }
        (tmp_path / "e/annotations").mkdir(exist_ok=True)
        (tmp_path / f"e/annotations/instances_{split}.json").write_text(json.dumps(document))
    paths = {"annotations": str(tmp_path / "e/annotations"), "images": str(tmp_path / "e/images")}
    found = plain_ingest(tmp_path / "store", source_of("s", format="coco", **paths))
    assert (areas(found), found.rejects) == ({"train": 100, "val": 100}, [])


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("labelme", {"imagePath": "a.png", "shapes": "gone"}),
        ("darwin", {"item": {"name": "a.png"}, "annotations": 7}),
        ("label-studio", [{"id": 1, "data": {"image": "a.png"}, "annotations": ["gone"]}]),
        ("label-studio", [{"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": True}]}]),
        ("labelbox", [{"data_row": {"external_id": "a.png"}, "projects": {"p": {"labels": [{"annotations": {"objects": "gone"}}]}}}]),
        ("datumaro", {"categories": {}, "items": [{"id": "a", "image": {"path": "a.png"}, "annotations": {}}]}),
    ],
)
def test_what_stands_where_a_list_of_records_should_is_a_record(kind: str, document: Any, tmp_path: Path) -> None:
    image(tmp_path / "e/a.png")
    found = read(tmp_path / "e", kind, {"a.json": document})
    assert (len(found.images), len(found.annotations), len(found.rejects)) == (1, 0, 1)


def test_images_of_yolo_of_one_stem_are_all_listed(tmp_path: Path) -> None:
    image(tmp_path / "e/images/a.bmp", 1)
    image(tmp_path / "e/images/a.png", 2)
    outline = "0 .1 .1 .5 .1 .5 .5\n"
    found = read(tmp_path / "e", "yolo-seg", {"data.yaml": "names: [dog]\n", "labels/a.txt": f"\ufeff{outline}"})
    (dog,) = found.annotations
    assert {row["image_id"]: row["uri"].endswith("a.bmp") for row in found.images}[dog["image_id"]]
    assert (len(found.images), found.rejects) == (2, [])
