"""Writes images of many kinds to a folder and describes them in tables `instances` and `plan`, for tests of the crop stage."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from imaging.images import ImageHeader, read_header
from jobs.balance.windows import nearest_owned_pixel
from lake.configuration import CropSpec, Pipeline, Source, SparkSettings
from lake.contracts import Instance, PlannedCrop
from lake.digests import digest, stage_key
from lake.lake import Lake, open_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of
from tests.support.mask_oracles import mask_properties, polygons_to_counts

KINDS: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    ("JPEG", "RGB", {"quality": 90}, 1),
    ("JPEG", "RGB", {"quality": 75, "subsampling": 0}, 6),
    ("JPEG", "L", {"quality": 90}, 3),
    ("PNG", "RGB", {}, 1),
    ("JPEG", "RGB", {"progressive": True}, 8),
    ("JPEG", "CMYK", {}, 1),
    ("PNG", "P", {}, 5),
    ("JPEG", "RGB", {"subsampling": 1, "restart_marker_rows": 2}, 1),
)
"""Format, mode, options of the encoder and EXIF orientation; images take them in turn."""


@dataclass(frozen=True, slots=True)
class CropWorld:
    """Images on disk with the rows that plan their crops."""

    files: dict[str, Path]  # by image_id
    instances: pa.Table
    plan: pa.Table


def crop_world(folder: Path, *, images: int = 8, objects: int = 5, seed: int = 0) -> CropWorld:
    """Write images of all `KINDS` and plan two crops of each object: one that holds it, one that overhangs a lot.

    Every second image has a crowd region that is ignored.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    files, instances, plan = {}, [], []
    for number in range(images):
        path = folder / f"picture-{number}.jpg"  # whatever it really is
        data = image(random, KINDS[number % len(KINDS)])
        path.write_bytes(data)
        image_id = hashlib.sha256(data).hexdigest()
        files[image_id] = path
        drawn = [instance(random, data, path, image_id, row, "kept") for row in range(objects)]
        plan += [crop for one in drawn for crop in planned(random, one)]
        crowds = [instance(random, data, path, image_id, objects, "ignored")] if number % 2 else []
        instances += drawn + crowds
    return CropWorld(files, table_of(Instance, instances), table_of(PlannedCrop, plan))


def image(random: np.random.Generator, kind: tuple[str, str, dict[str, Any], int]) -> bytes:
    """Encode a smooth, coloured, slightly noisy image."""
    form, mode, options, orientation = kind
    height, width = random.integers(60, 200, 2)
    rows, columns = np.mgrid[:height, :width]
    waves = [90 * np.sin(rows / random.integers(5, 20) + columns / random.integers(5, 20)) + 120 for _ in range(3)]
    pixels = (np.stack(waves, axis=2) + random.normal(0, 8, (height, width, 3))).clip(0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form, exif=exif, **options)
    return file.getvalue()


def instance(random: np.random.Generator, data: bytes, path: Path, image_id: str, row: int, disposition: str) -> Instance:
    """Describe one star-shaped object on an image."""
    header = read_header(data)
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    radii = random.uniform(4, 25, 8)
    x, y = random.uniform(0, header.width), random.uniform(0, header.height)
    corners = np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)
    corners = corners.clip(0, [header.width, header.height])
    counts = polygons_to_counts([corners.ravel().tolist()], header.height, header.width)
    if not mask_properties(counts, header.height, header.width).area:
        return instance(random, data, path, image_id, row, disposition)
    return described(counts, header, path, image_id, row, disposition)


def described(counts: str, header: ImageHeader, path: Path, image_id: str, row: int, disposition: str = "kept") -> Instance:
    """Describe an object that is not empty by its mask on an image."""
    properties = mask_properties(counts, header.height, header.width)
    kept = disposition == "kept"
    return Instance(
        instance_id=digest(image_id, row),
        image_id=image_id,
        source="invented",
        source_ref=f"{path.name}#{row}",
        customer="acme",
        domain="everyday",
        label="star" if kept else "crowd",
        class_id="star" if kept else "",
        class_path="thing/star" if kept else "",
        disposition=disposition,
        geometry=counts,
        image_width=header.width,
        image_height=header.height,
        **{
            name: getattr(properties, name)
            for name in ("box_x", "box_y", "box_width", "box_height", "area", "components", "holes", "owns_centre")
        },
        scene="partial",
        group_id=image_id,
        split="train",
        uri=str(path),
        orientation=header.orientation,
        format=header.format,
        mode=header.mode,
        licence=None,
        taxonomy="0" * 64,
    )


def planned(random: np.random.Generator, one: Instance) -> list[PlannedCrop]:
    """Plan a crop around the object, and one three times its size around one of its pixels."""
    centre = nearest_owned_pixel(
        one.geometry, one.image_height, one.image_width, x=one.box_x + one.box_width // 2, y=one.box_y + one.box_height // 2
    )
    assert centre is not None
    crops = []
    for replica, factor in enumerate((1.2, 3.0)):
        width, height = (max(16, round(side * factor)) for side in (one.box_width, one.box_height))
        left, top = centre[0] - width // 2, centre[1] - height // 2
        crops.append(
            PlannedCrop(
                crop_id=digest(one.instance_id, replica, left, top, width, height),
                instance_id=one.instance_id,
                image_id=one.image_id,
                replica=replica,
                split=one.split,
                stratum=f"{one.domain}/{one.class_id}",
                window_left=left,
                window_top=top,
                window_width=width,
                window_height=height,
                owns_centre=True,
                weight=float(random.integers(1, 5)),
                taxonomy=one.taxonomy,
            )
        )
    return crops


def crop_pipeline(folder: Path, *, master: str = "local[2]", spec: CropSpec | None = None) -> Pipeline:
    """Return a pipeline whose store lies in the folder."""
    source = Source(name="invented", customer="acme", domain="everyday", format="coco", scene="partial", annotations="a.json")
    return Pipeline(
        name="crops",
        store=str(folder / "store"),
        spark=SparkSettings(master=master),
        taxonomy=folder / "taxonomy.yaml",
        label_maps=folder / "maps",
        sources=(source,),
        crops=spec or CropSpec(),
        gates=folder / "gates.yaml",
    )


def publish_world(pipeline: Pipeline, world: CropWorld) -> Lake:
    """Publish the tables `instances` and `plan` of a world, as label and balance would."""
    lake = open_lake(pipeline)
    for stage, table, rows in (("label", "instances", world.instances), ("balance", "plan", world.plan)):
        key = stage_key(stage, inputs={}, spec=hashlib.sha256(str(rows.to_pylist()).encode()).hexdigest())
        place = lake.location(table, key)
        half = len(rows) // 2
        receipts = [write_shard(place, shard_name(part, 2), [piece]) for part, piece in enumerate((rows[:half], rows[half:]))]
        publish_stage(lake, stage=stage, key=key, rows_in=len(rows), rows_out=len(rows), rejected={}, outputs=[Output(table, {}, receipts)])
    return lake
