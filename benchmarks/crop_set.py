"""Makes a benchmark set like COCO's in a folder, with the tables that plan one crop of each object.

Beside the images stand `instances.parquet` and `plan.parquet`, what the stage reads, and `crops.json`, the same windows
for the peers: for each image its file, size and objects with segmentation and window.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.coco_like import write_coco_like
from jobs.balance.windows import nearest_owned_pixel
from lake.contracts import Instance, PlannedCrop
from lake.digests import digest
from lake.schemas import table_of
from tests.support.mask_oracles import mask_properties, polygons_to_counts, uncompressed_to_counts

LEAST_AREA = 30
Columns = dict[str, Any]


def crop_set(folder: Path, images: int) -> Path:
    """Write the set unless it is there; returns its folder."""
    folder = folder / str(images)
    if (folder / "plan.parquet").exists():
        return folder
    document = json.loads(write_coco_like(folder, images=images).read_text())
    objects: dict[int, list[dict[str, Any]]] = {}
    for annotation in document["annotations"]:
        objects.setdefault(annotation["image_id"], []).append(annotation)
    instances, plan, listed = [], [], []
    for image in document["images"]:
        path = folder / "images" / image["file_name"]
        image_id = hashlib.sha256(path.read_bytes()).hexdigest()
        crops = []
        for annotation in objects.get(image["id"], []):
            one = _instance(annotation, image, path, image_id)
            if annotation["iscrowd"] or one.area < LEAST_AREA:
                continue
            crop = _planned(one)
            instances.append(one)
            plan.append(crop)
            window = [crop.window_left, crop.window_top, crop.window_width, crop.window_height]
            crops.append({"segmentation": annotation["segmentation"], "window": window})
        listed.append({"file": str(path), "height": image["height"], "width": image["width"], "crops": crops})
    (folder / "crops.json").write_text(json.dumps(listed))
    pq.write_table(table_of(Instance, instances), folder / "instances.parquet")
    pq.write_table(table_of(PlannedCrop, plan), folder / "plan.parquet")
    return folder


def _instance(annotation: dict[str, Any], image: dict[str, Any], path: Path, image_id: str) -> Instance:
    height, width, shape = image["height"], image["width"], annotation["segmentation"]
    if isinstance(shape, list):
        counts = polygons_to_counts(shape, height, width)
    else:
        counts = shape["counts"] if isinstance(shape["counts"], str) else uncompressed_to_counts(shape["counts"], height, width)
    properties = mask_properties(counts, height, width)
    box: Columns = {name: getattr(properties, name) for name in properties.__slots__}
    thing: Columns = dict.fromkeys(("label", "class_id", "class_path"), "thing")
    text: Columns = {"source": "coco", "customer": "coco", "domain": "everyday", "disposition": "kept", "scene": "partial"}
    kind: Columns = {"split": "train", "format": "jpeg", "mode": "RGB", "taxonomy": "0" * 64}
    return Instance(
        instance_id=digest(image_id, annotation["id"]),
        image_id=image_id,
        source_ref=f":{annotation['id']}",
        geometry=counts,
        image_width=width,
        image_height=height,
        group_id=image_id,
        uri=str(path),
        orientation=1,
        licence=None,
        **box,
        **thing,
        **text,
        **kind,
    )


def _planned(one: Instance) -> PlannedCrop:
    """Plan one window around the object, padded by a share that its id draws, as `jobs.balance.windows` does."""
    random = np.random.default_rng(int(one.instance_id[:12], 16))
    x, y = one.box_x + one.box_width // 2, one.box_y + one.box_height // 2
    x, y = nearest_owned_pixel(one.geometry, one.image_height, one.image_width, x=x, y=y) or (x, y)
    width, height = (max(16, side + 2 * round(side * random.uniform(0.05, 0.4))) for side in (one.box_width, one.box_height))
    return PlannedCrop(
        crop_id=digest(one.instance_id, width, height),
        instance_id=one.instance_id,
        image_id=one.image_id,
        replica=0,
        split=one.split,
        stratum="everyday/thing",
        window_left=x - width // 2,
        window_top=y - height // 2,
        window_width=width,
        window_height=height,
        owns_centre=True,
        weight=1.0,
        taxonomy=one.taxonomy,
    )
