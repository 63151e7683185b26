"""Scale's segmentation tasks become one record a labelled index."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.sources.files.exports import open_export
from jobs.sources.formats import scale
from jobs.sources.records import Bitmap, ImageSize, LabelledObject, ListedImage, Rejected
from lake.reasons import Reason

VALUES = np.array([[0, 1, 1, 2], [0, 3, 3, 2], [9, 3, 0, 2]], np.uint8)
MAPPING = {"shelf": {"index": 1}, "bottle": [{"index": 2}, {"index": 3}, {"index": 4}]}


def png(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def task(**changes: Any) -> dict[str, Any]:
    combined = {"indexedImage": "masks/a.png"}
    return {
        "task_id": "t1",
        "completed_at": "2026-01-05T10:00:00.000Z",
        "params": {"attachment": "images/a.png"},
        "response": {"labelMapping": MAPPING, "annotations": {"combined": combined}},
        **changes,
    }


def read(folder: Path, tasks: list[Any], scene: str = "partial") -> tuple[list[Any], list[Any]]:
    (folder / "masks").mkdir(exist_ok=True)
    (folder / "masks" / "a.png").write_bytes(png(VALUES))
    (folder / "tasks.json").write_text(json.dumps(tasks))
    export = open_export(str(folder / "tasks.json"), scene=scene)
    (unit,) = scale.units(export)
    listed = list(scale.images(export, unit))  # type: ignore[arg-type]
    sizes = {image.name: ImageSize(4, 3) for image in listed if isinstance(image, ListedImage)}
    return listed, list(scale.objects(export, unit, sizes))  # type: ignore[arg-type]


def described(records: list[Any]) -> list[tuple[str, str]]:
    return [(r.ref, r.reason.value if isinstance(r, Rejected) else r.label) for r in records]


def test_each_mapped_index_is_one_record_and_foreign_ones_are_void(tmp_path: Path) -> None:
    listed, records = read(tmp_path, [task()])
    assert listed == [ListedImage("t1#image", "0", "images/a.png")]
    assert described(records) == [
        ("t1#shelf/0", "shelf"),
        ("t1#bottle/0", "bottle"),
        ("t1#bottle/1", "bottle"),
        ("t1#bottle/2", "empty-geometry"),
        ("t1#void", "void"),
    ]
    bottle, void = records[2], records[4]
    assert isinstance(bottle, LabelledObject)
    assert isinstance(bottle.geometry, Bitmap)
    assert (bottle.geometry.mask == (VALUES == 3)).all()
    assert bottle.annotated_at is not None
    assert void.is_void
    assert void.geometry.mask.sum() == 1


def test_in_a_full_scene_unlabelled_pixels_are_void_too(tmp_path: Path) -> None:
    assert read(tmp_path, [task()], scene="full")[1][-1].geometry.mask.sum() == 4


def test_wide_indices_are_read_least_significant_byte_first(tmp_path: Path) -> None:
    wide = np.zeros((3, 4, 3), np.uint8)
    wide[1, 1] = (0x34, 0x12, 0)
    url = "data:image/png;base64," + base64.b64encode(png(wide)).decode()
    response = {"labelMapping": {"x": {"index": 0x1234}}, "annotations": {"combined": {"extendedIndexedImage": url}}}
    _, (record,) = read(tmp_path, [task(response=response)])
    assert record.geometry.mask.sum() == 1


def test_an_image_inside_the_task_is_listed_with_its_bytes(tmp_path: Path) -> None:
    image = png(VALUES)
    url = "data:image/png;base64," + base64.b64encode(image).decode()
    (listed,), _ = read(tmp_path, [task(params={"attachment": url})])
    assert listed.embedded == image


def test_a_web_address_stands_for_a_file_beside_the_tasks_and_its_signature_is_dropped(tmp_path: Path) -> None:
    (listed,), _ = read(tmp_path, [task(params={"attachment": "https://host/x/a%20b.png?Signature=secret"})])
    assert listed.path == "a b.png"
    assert "secret" not in repr(listed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"response": {}}, Reason.NOT_AN_OBJECT),
        ({"response": {"labelMapping": MAPPING}}, Reason.MALFORMED_GEOMETRY),
        ({"response": {"labelMapping": MAPPING, "annotations": {"combined": {"indexedImage": "no.png"}}}}, Reason.MALFORMED_GEOMETRY),
        ({"response": {"labelMapping": MAPPING, "annotations": {"combined": {"indexedImage": "../x"}}}}, Reason.MALFORMED_GEOMETRY),
        (
            {"response": {"labelMapping": MAPPING, "annotations": {"combined": {"indexedImage": "data:;base64,AAAA"}}}},
            Reason.UNDECODABLE_IMAGE,
        ),
    ],
)
def test_a_task_without_a_usable_map_is_one_reject(tmp_path: Path, changes: dict[str, Any], reason: Reason) -> None:
    _, (record,) = read(tmp_path, [task(**changes)])
    assert record.reason is reason


@pytest.mark.parametrize("attachment", ["../../a.png", "/etc/passwd", "", None, 5])
def test_a_hostile_attachment_is_rejected(tmp_path: Path, attachment: object) -> None:
    (listed,), _ = read(tmp_path, [task(params={"attachment": attachment})])
    assert listed.reason is Reason.HOSTILE_PATH


def test_indices_that_are_none_or_taken_are_rejected(tmp_path: Path) -> None:
    mapping = {"a": {"index": 1}, "b": [{"index": 1}, {"index": 0}, {}, 5], " ": {"index": 2}}
    combined = {"combined": {"indexedImage": "masks/a.png"}}
    _, records = read(tmp_path, [task(response={"labelMapping": mapping, "annotations": combined})])
    reasons = [record.reason for record in records if isinstance(record, Rejected)]
    assert reasons == [Reason.DUPLICATE_ID, *[Reason.MALFORMED_RECORD] * 3, Reason.EMPTY_LABEL]
