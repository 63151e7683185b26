"""Fake data for tests, all from the demo world: tiny pipelines on disk, and the tables that its truth amounts to."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from demo.camera import png
from demo.catalogue import DOMAINS
from demo.customers import CUSTOMERS
from demo.scenes import Thing
from demo.shots import Shot, shots
from demo.write import write_demo
from imaging.crop_codec import visible_part
from imaging.masks.masks import encode
from imaging.orientation import Box
from lake.contracts import Annotation, Crop, Image, Instance
from lake.digests import digest
from lake.schemas import table_of
from tests.support.mask_oracles import encode_mask, mask_properties

LONG_SIDE = 160
"""Longer side, in px, of the images that factories render unless told otherwise."""


def tiny_demo(folder: Path, *, images: int = 6, seed: int = 7, long_side: int = LONG_SIDE, **changes: Any) -> Path:
    """Write a small demo whose pipeline file has `changes` at its top level (mappings are merged); return the file."""
    path = write_demo(folder, images=images, seed=seed, long_side=long_side)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    small: dict[str, Any] = {"spark": {"master": "local[1]"}, "training": {"epochs": 1, "canvas": 64, "pixels_per_batch": 65536}}
    for key, value in (*small.items(), *changes.items()):
        standing = document.get(key)
        document[key] = {**standing, **value} if isinstance(standing, dict) and isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def tiny_shots(*, images: int = 6, seed: int = 7, long_side: int = LONG_SIDE) -> list[Shot]:
    """Render a small world, each scene with its image file."""
    taken = [shot for domain in DOMAINS for shot in shots(domain, images=images, seed=seed, long_side=long_side)]
    return sorted(taken, key=lambda shot: shot.scene.index)


def image_rows(taken: Iterable[Shot], folder: Path) -> pa.Table:
    """Write the image files into a folder and return their rows of `images`; every third is test, the others train."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for shot in taken:
        path = folder / shot.file_name
        path.write_bytes(shot.photograph.data)
        rows.append(_image_row(shot, path.as_uri()))
    return table_of(Image, rows)


def annotation_rows(taken: Iterable[Shot]) -> pa.Table:
    """Return the rows of `annotations` that a perfect ingest makes of every thing in the scenes."""
    return table_of(Annotation, [_annotation_row(shot, thing) for shot in taken for thing in shot.scene.things])


def instance_rows(taken: Iterable[Shot], folder: Path) -> pa.Table:
    """Return the rows of `instances`: every thing kept under its true class, its image in `folder`."""
    rows: list[dict[str, Any]] = []
    for shot in taken:
        image = _image_row(shot, (folder / shot.file_name).as_uri())
        rows += [_instance_row(_annotation_row(shot, thing), image, thing.kind) for thing in shot.scene.things if not thing.is_crowd]
    return table_of(Instance, rows)


def crop_rows(taken: Iterable[Shot], *, padding: float = 0.2) -> pa.Table:
    """Return the rows of `crops`: each thing once, its window enlarged by `padding`, its pixels as PNG."""
    rows: list[dict[str, Any]] = []
    for shot in taken:
        image = _image_row(shot, "")
        rows += [_crop_row(shot, thing, image, padding) for thing in shot.scene.things if not thing.is_crowd]
    return table_of(Crop, rows)


def _image_row(shot: Shot, uri: str) -> dict[str, Any]:
    scene, customer = shot.scene, CUSTOMERS[DOMAINS.index(shot.scene.domain)]
    return {
        "image_id": hashlib.sha256(shot.photograph.data).hexdigest(),
        "uri": uri,
        "width": scene.width,
        "height": scene.height,
        "orientation": shot.photograph.orientation,
        "format": "png" if shot.photograph.extension == ".png" else "jpeg",
        "mode": "L" if shot.photograph.kind == "gray" else "RGB",
        "source": customer.domain,
        "customer": customer.name,
        "domain": scene.domain,
        "licence": "CC0-1.0",
        "group_id": f"{customer.domain}/{scene.name.partition('_')[0]}",
        "split": "test" if scene.index // 6 % 3 == 1 else "train",
        "phash": None,
    }


def _annotation_row(shot: Shot, thing: Thing) -> dict[str, Any]:
    scene, customer = shot.scene, CUSTOMERS[DOMAINS.index(shot.scene.domain)]
    counts = encode(thing.mask)
    properties = mask_properties(counts, scene.height, scene.width)
    ref = f"{scene.name}#{thing.number}"
    return {
        "instance_id": digest("instance", ref, counts),
        "image_id": hashlib.sha256(shot.photograph.data).hexdigest(),
        "source": customer.domain,
        "source_ref": ref,
        "customer": customer.name,
        "domain": scene.domain,
        "label": customer.labels[thing.kind],
        "geometry": counts,
        "image_width": scene.width,
        "image_height": scene.height,
        **{
            key: getattr(properties, key)
            for key in ("box_x", "box_y", "box_width", "box_height", "area", "components", "holes", "owns_centre")
        },
        "is_crowd": thing.is_crowd,
        "is_void": False,
        "scene": "partial",
        "annotator": None,
        "annotated_at": None,
    }


def _instance_row(annotation: dict[str, Any], image: dict[str, Any], kind: str) -> dict[str, Any]:
    dropped = ("is_crowd", "is_void", "annotator", "annotated_at")
    return {
        **{key: value for key, value in annotation.items() if key not in dropped},
        "class_id": kind,
        "class_path": f"thing/{kind}",
        "disposition": "kept",
        "taxonomy": digest("taxonomy of the factories"),
        **{key: image[key] for key in ("group_id", "split", "uri", "orientation", "format", "mode", "licence")},
    }


def _crop_row(shot: Shot, thing: Thing, image: dict[str, Any], padding: float) -> dict[str, Any]:
    instance = _instance_row(_annotation_row(shot, thing), image, thing.kind)
    x, y, width, height = thing.box
    wide, high = round(width * (1 + padding)), round(height * (1 + padding))
    window = Box(x + width // 2 - wide // 2, y + height // 2 - high // 2, wide, high)
    seen = visible_part(window, shot.scene.width, shot.scene.height)
    part = (slice(seen.top, seen.top + seen.height), slice(seen.left, seen.left + seen.width))
    codec, mask = encode_mask(thing.mask[part])
    shared = [field for field in Crop.__dataclass_fields__ if field in instance]
    return {
        **{key: instance[key] for key in shared},
        "crop_id": digest("crop", instance["instance_id"], list(window)),
        "replica": 0,
        "stratum": f"{shot.scene.domain}/{thing.kind}",
        "weight": 1.0,
        "window_left": window.left,
        "window_top": window.top,
        "window_width": window.width,
        "window_height": window.height,
        "size": "small" if thing.area < 32**2 else "medium" if thing.area < 96**2 else "large",
        "thinness": 0.5,
        "crowding": 0,
        "pixel_codec": "png",
        "pixels": png(shot.scene.pixels[part]),
        "block_left": 0,
        "block_top": 0,
        "orientation": 1,
        "mask_codec": codec,
        "mask": mask,
        "ignore": None,
        "spec": digest("spec of the factories"),
    }
