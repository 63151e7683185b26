"""Objects read as columns and the rest read one by one give the rows and rejects of reading all one by one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.images import ImageHeader
from jobs.ingest.annotate import without_duplicates
from jobs.ingest.annotation_table import annotate_polygon_batch
from jobs.ingest.image_files import ImageFile, SoundImage
from jobs.sources.files.exports import open_export
from jobs.sources.formats.coco import reader as coco
from jobs.sources.records import ImageSize, ListedImage, Rejected, Unit
from lake.reasons import Reason
from tests.support.plain_ingest import annotate, source_of

SQUARE = [1, 1, 5, 1, 5, 5, 1, 5]
SHAPES: tuple[Any, ...] = (
    [SQUARE],
    [SQUARE, [6, 0, 8, 0, 8, 2, 6, 2]],
    [[7, 4, 30, 4, 30, 30]],
    [[90, 90, 95, 90, 95, 95]],
    [[3, 3, 3, 3, 3, 3]],
    [[1e9, 1, 5, 1, 5, 5]],
    [[1, 1, 5, 5]],
    {"size": [6, 8], "counts": [4, 2, 42]},
    [],
)


def document() -> dict[str, Any]:
    images = [{"id": number, "file_name": f"{number}.jpg", "width": 8, "height": 6} for number in range(4)]
    records = [
        {"id": number, "image_id": number % 5, "category_id": number % 4, "segmentation": shape, "iscrowd": number % 2}
        for number, shape in enumerate(SHAPES * 5)
    ]
    categories = [{"id": 0, "name": "dog"}, {"id": 1, "name": "cat"}, {"id": 2, "name": " "}]
    return {"images": images, "annotations": [*records, {**records[0], "area": 3}, records[1], 5], "categories": categories}


def outcomes(orientation: int) -> dict[str, SoundImage | Rejected]:
    """Return two sound images, one of them turned, one that is missing, and one that was never looked at."""
    listed = [ListedImage(f":image {number}", str(number), f"{number}.jpg", 8, 6) for number in range(3)]
    straight = ImageFile("a" * 64, ImageHeader("jpeg", "RGB", 8, 6, 1))
    turned = ImageFile(
        "b" * 64, ImageHeader("jpeg", "RGB", 6, 8, orientation) if orientation > 4 else ImageHeader("jpeg", "RGB", 8, 6, orientation)
    )
    return {
        "0": SoundImage(listed[0], straight, "0.jpg"),
        "1": SoundImage(listed[1], turned, "1.jpg"),
        "2": Rejected(listed[2].ref, Reason.MISSING_IMAGE, "gone", image="2"),
    }


@pytest.mark.parametrize(("exif", "orientation"), [("display", 1), ("stored", 6), ("stored", 3)])
def test_columns_and_records_give_the_same_rows_and_rejects(tmp_path: Path, exif: str, orientation: int) -> None:
    (tmp_path / "coco.json").write_text(json.dumps(document()))
    export, source = open_export(str(tmp_path / "coco.json")), source_of("s", format="coco", annotations="x", exif=exif)
    (unit,) = (unit for unit in coco.units(export) if isinstance(unit, Unit) and coco.coco_unit(unit).images)
    images = outcomes(orientation)
    sizes = {name: ImageSize(8, 6) for name in ("0", "1")}
    one_by_one = annotate(coco.objects(export, unit, sizes), images, source)
    table, taken = annotate_polygon_batch(coco.polygon_batch(export, unit), images, source)
    rest = annotate(coco.objects(export, coco.without(unit, taken), sizes), images, source)
    assert 0 < np.count_nonzero(taken) == len(table) == one_by_one.found - rest.found
    assert sorted(rest.rejected, key=repr) == sorted(one_by_one.rejected, key=repr)
    both, _ = without_duplicates(type(table).from_batches([*table.to_batches(), *rest.annotations.to_batches()]))
    assert both.equals(without_duplicates(one_by_one.annotations)[0])


def test_a_repeated_id_is_never_taken_as_columns(tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text(json.dumps(document()))
    export = open_export(str(tmp_path / "coco.json"))
    for unit in coco.units(export):
        if isinstance(unit, Unit):
            usable = coco.polygon_batch(export, unit).usable
            assert not usable[list(coco.coco_unit(unit).group.earlier)].any()
