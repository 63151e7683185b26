"""What the samples of platforms do not hold: shared mask images, labels apart from their regions, groups, untyped shapes."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.masks.masks import decode
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

WIDTH, HEIGHT = 40, 20
SQUARE = [(2, 2), (12, 2), (12, 12), (2, 12)]
OTHER = [(20, 2), (30, 2), (30, 12), (20, 12)]


def read(folder: Path, kind: str, content: str, name: str = "export.json") -> Ingested:
    (folder / "export").mkdir()
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(folder / "export/a.png")
    (folder / "export" / name).write_text(content)
    return plain_ingest(folder / "store", source_of("s", format=kind, annotations=str(folder / "export" / name)))


def areas(found: Ingested) -> dict[str, int]:
    return {row["label"]: row["area"] for row in found.annotations}


def coloured(folder: Path) -> bytes:
    """Write an image of two masks: red on rows 0-4, green on rows 10-19 of columns 0-9."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:5] = (255, 0, 0)
    pixels[10:, :10] = (0, 255, 0)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def test_masks_of_a_composite_image_are_told_apart_by_their_colour(tmp_path: Path) -> None:
    def mask(label: str, colour: list[int]) -> dict[str, Any]:
        address = "https://storage.host/masks/all.png?Signature=abc"
        return {"feature_id": label, "name": label, "composite_mask": {"url": address, "color_rgb": colour}}

    objects = [mask("sky", [255, 0, 0]), mask("grass", [0, 255, 0]), mask("nothing", [9, 9, 9])]
    line = {"data_row": {"id": "r", "external_id": "a.png"}, "projects": {"p": {"labels": [{"annotations": {"objects": objects}}]}}}
    (tmp_path / "export").mkdir()
    (tmp_path / "export/all.png").write_bytes(coloured(tmp_path))
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(tmp_path / "export/a.png")
    (tmp_path / "export/e.ndjson").write_text(json.dumps(line) + "\n")
    found = plain_ingest(tmp_path / "store", source_of("s", format="labelbox", annotations=str(tmp_path / "export/e.ndjson")))
    assert areas(found) == {"sky": 5 * WIDTH, "grass": 100}
    assert found.reasons() == {"empty-geometry": 1}


def test_a_mask_of_an_import_file_may_be_inside_it(tmp_path: Path) -> None:
    coded = base64.b64encode(coloured(tmp_path)).decode()
    lines = [
        {"uuid": "1", "name": "both", "dataRow": {"globalKey": "a.png"}, "mask": {"png": coded}},
        {"uuid": "2", "name": "red", "dataRow": {"globalKey": "a.png"}, "mask": {"png": coded, "colorRGB": [255, 0, 0]}},
    ]
    found = read(tmp_path, "labelbox", "\n".join(map(json.dumps, lines)), "import.ndjson")
    assert areas(found) == {"both": 5 * WIDTH + 100, "red": 5 * WIDTH}


@pytest.mark.parametrize("typed", [True, False])
def test_shapes_of_scale_are_known_by_their_type_or_by_their_keys(typed: bool, tmp_path: Path) -> None:
    shapes: list[dict[str, Any]] = [
        {"type": "polygon", "label": "dog", "vertices": [{"x": x, "y": y} for x, y in SQUARE]},
        {"type": "box", "label": "dog", "left": 1, "top": 1, "width": 5, "height": 5},
        {"type": "ellipse", "label": "dog"},
        {"type": "line", "label": "dog", "vertices": []},
    ]
    kept = shapes if typed else [{key: value for key, value in shape.items() if key != "type"} for shape in shapes[:2]]
    task = {"task_id": "t", "params": {"attachment": "a.png"}, "response": {"annotations": kept}}
    found = read(tmp_path, "scale", json.dumps([task]))
    assert areas(found) == {"dog": 100}
    assert found.reasons() == ({"box-only": 1, "not-an-object": 1, "unsupported-geometry": 1} if typed else {"box-only": 1})


def test_a_label_of_label_studio_may_stand_in_a_result_of_its_own(tmp_path: Path) -> None:
    shared = {"id": "r1", "original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    points = [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in SQUARE]
    results = [
        {**shared, "type": "polygon", "from_name": "shape", "value": {"points": points}},
        {**shared, "type": "labels", "from_name": "name", "value": {"points": points, "labels": ["dog"]}},
        {**shared, "id": "r2", "type": "polygon", "from_name": "shape", "value": {"points": points}},
    ]
    task = {"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": results}]}
    found = read(tmp_path, "label-studio", json.dumps([task]))
    assert areas(found) == {"dog": 100}
    assert found.reasons() == {"empty-label": 1, "not-an-object": 1}


def test_shapes_of_cvat_of_one_group_and_label_are_one_instance(tmp_path: Path) -> None:
    def polygon(label: str, points: list[tuple[int, int]], group: int) -> str:
        joined = ";".join(f"{x},{y}" for x, y in points)
        return f'<polygon label="{label}" points="{joined}" group_id="{group}"/>'

    shapes = [
        polygon("dog", SQUARE, 3),
        polygon("dog", OTHER, 3),
        polygon("cat", SQUARE, 3),
        polygon("hen", SQUARE, 0),
        polygon("hen", OTHER, 0),
    ]
    document = f'<annotations><image id="0" name="a.png" width="{WIDTH}" height="{HEIGHT}">{"".join(shapes)}</image></annotations>'
    found = read(tmp_path, "cvat", document, "export.xml")
    assert sorted((row["label"], row["area"], row["components"]) for row in found.annotations) == [
        ("cat", 100, 1),
        ("dog", 200, 2),
        ("hen", 100, 1),
        ("hen", 100, 1),
    ]


@pytest.mark.parametrize("folder", ["images", "images/val2017"])
def test_images_of_lvis_are_found_by_their_url_and_no_crowd_is_assumed(folder: str, tmp_path: Path) -> None:
    flat = [number for point in SQUARE for number in point]
    document = {
        "images": [
            {"id": 1, "width": WIDTH, "height": HEIGHT, "coco_url": "http://images.cocodataset.org/val2017/a.png", "neg_category_ids": [2]}
        ],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [flat], "area": 100.0, "bbox": [2, 2, 10, 10]}],
        "categories": [{"id": 1, "name": "aerosol_can", "synset": "aerosol.n.02", "frequency": "c"}],
    }
    (tmp_path / "images/val2017").mkdir(parents=True)
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(tmp_path / "images/val2017/a.png")
    (tmp_path / "lvis.json").write_text(json.dumps(document))
    stanza = {"annotations": str(tmp_path / "lvis.json"), "images": str(tmp_path / folder)}
    (row,) = plain_ingest(tmp_path / "store", source_of("s", format="coco", **stanza)).annotations
    assert (row["label"], row["area"], row["is_crowd"]) == ("aerosol_can", 100, False)
    assert decode(row["geometry"], HEIGHT, WIDTH)[2:12, 2:12].all()
