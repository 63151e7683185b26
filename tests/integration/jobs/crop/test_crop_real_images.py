"""Every crop of every real image equals Pillow's decode and pycocotools' mask, each cropped; none is left out."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from PIL import Image, ImageOps
from pycocotools import mask as coco

from imaging.crop_codec import open_crop
from imaging.images import read_header
from imaging.orientation import Box
from imaging.source_images import read_source
from jobs.crop.cut import cut_shard
from lake.configuration import CropSpec
from lake.contracts import Instance, PlannedCrop
from lake.schemas import table_of
from tests.support.crop_worlds import described, instance, planned

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
LABELS = {"camvid/images": ("camvid/labels", ".png"), "saliency/grabcut/images": ("saliency/grabcut/masks", ".bmp")}
LEAST_AREA = 20

Bitmap = npt.NDArray[np.uint8]


def coco_masks(data_folder: Path) -> dict[Path, list[Bitmap]]:
    """The objects of the COCO files, drawn by pycocotools on the whole image."""
    drawn: dict[Path, list[Bitmap]] = {}
    for name, images in (("coco_mini/annotations/*.json", "coco_mini/train2017"), ("labelbox_coco20/[ir]*.json", "labelbox_coco20/images")):
        for document in (json.loads(file.read_text()) for file in sorted((data_folder / "coco").glob(name))):
            listed = {image["id"]: image for image in document["images"]}
            for annotation in document["annotations"]:
                image = listed[annotation["image_id"]]
                path = data_folder / "coco" / images / Path(image["file_name"]).name
                drawn.setdefault(path, []).append(coco_mask(annotation["segmentation"], image["height"], image["width"]))
    return drawn


def coco_mask(shape: Any, height: int, width: int) -> Bitmap:
    encoded = shape if isinstance(shape, dict) and isinstance(shape["counts"], str) else coco.frPyObjects(shape, height, width)
    return np.asarray(coco.decode(coco.merge(encoded) if isinstance(encoded, list) else encoded))


def label_masks(path: Path, data_folder: Path) -> Iterator[Bitmap]:
    """The regions of a label image: one a value, but for the smallest ones."""
    for folder, (labels, suffix) in LABELS.items():
        if path.parent == data_folder / folder:
            values = np.asarray(Image.open((data_folder / labels / path.name).with_suffix(suffix)).convert("L"))
            yield from ((values == value).astype(np.uint8) for value in np.unique(values).tolist())


def rows_of(path: Path, data_folder: Path, known: dict[Path, list[Bitmap]]) -> tuple[list[Instance], list[Bitmap]]:
    """The objects of an image with their masks: those that are labelled, else a few invented ones."""
    data = path.read_bytes()
    header, image_id = read_header(data), hashlib.sha256(data).hexdigest()
    random = np.random.default_rng(int(image_id[:8], 16))
    masks = [mask for mask in [*known.get(path, ()), *label_masks(path, data_folder)] if mask.sum() >= LEAST_AREA]
    if masks:
        counts = [coco.encode(np.asfortranarray(mask))["counts"].decode() for mask in masks]
        return [described(one, header, path, image_id, row) for row, one in enumerate(counts)], masks
    invented = [instance(random, data, path, image_id, row, "kept") for row in range(3)]
    sizes = [header.height, header.width]
    return invented, [np.asarray(coco.decode({"size": sizes, "counts": one.geometry.encode()})) for one in invented]


def cropped(pixels: npt.NDArray[Any], window: Box) -> npt.NDArray[Any]:
    """Cut a window that may overhang; what does is 0."""
    height, width = pixels.shape[:2]
    out = np.zeros((window.height, window.width, *pixels.shape[2:]), pixels.dtype)
    left, top = max(window.left, 0), max(window.top, 0)
    part = pixels[top : min(window.top + window.height, height), left : min(window.left + window.width, width)]
    out[top - window.top :, left - window.left :][: part.shape[0], : part.shape[1]] = part
    return out


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_every_crop_of_every_real_image_is_exact(data_folder: Path) -> None:
    files = sorted(file for file in data_folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    known = coco_masks(data_folder)
    assert len(known) == 100 and all(path in files for path in known)
    checked = {"pictures": 0, "crops": 0, "labelled": 0}
    for path in files:
        instances, masks = rows_of(path, data_folder, known)
        random = np.random.default_rng(len(instances))
        plan = [crop for one in instances for crop in planned(random, one)]
        parts = list(cut_shard(table_of(PlannedCrop, plan), table_of(Instance, instances), CropSpec(), read_source))
        crops = pa.concat_tables([part.crops for part in parts]).to_pylist()
        left_out = pa.concat_tables([part.rejects for part in parts]).to_pylist()
        assert len(crops) + len(left_out) == len(plan), path
        picture = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(path.read_bytes()))).convert("RGB"))
        drawn = {one.instance_id: mask for one, mask in zip(instances, masks, strict=True)}
        for row in crops:
            crop = open_crop(row)
            window = Box(row["window_left"], row["window_top"], row["window_width"], row["window_height"])
            assert np.array_equal(crop.pixels, cropped(picture, window)), (path, window)
            assert np.array_equal(crop.mask, cropped(drawn[row["instance_id"]], window)), (path, window)
        standing = {row["crop_id"] for row in crops}
        blank = [one for one in plan if one.crop_id not in standing]
        assert [reject["reason"] for reject in left_out] == ["no-negatives"] * len(blank)
        for one in blank:  # an object that fills all that its window shows of the image
            rows, columns = slice(max(one.window_top, 0), one.window_top + one.window_height), slice(max(one.window_left, 0), None)
            assert drawn[one.instance_id][rows, columns][:, : one.window_width + min(one.window_left, 0)].all()
        checked["pictures"] += 1
        checked["crops"] += len(crops)
        checked["labelled"] += len(crops) if path in known else 0
    assert checked["pictures"] == len(files) > 400
    assert checked["labelled"] > 1500
