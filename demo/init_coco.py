"""Writes a working pipeline over a COCO file and its images: taxonomy, label map, gates and pipeline file."""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import ijson
import yaml

from demo.coco_categories import Category, ClassTreeDraft, draft_tree, parse_categories, sanitised
from demo.pipeline_files import laptop_epochs
from lake.errors import InputError

_CROPS_OF_AN_OBJECT = 2
_MOST_CROPS = 20_000

_PIPELINE = """\
# Written by `centrepiece init --coco`; every line is yours to change. `centrepiece run pipeline.yaml`
name: {name}
store: ./store
spark: {{master: "local[*]"}}
taxonomy: taxonomy/common.yaml
label_maps: maps/
sources:
{source}
splits: {splits}
crops: {{padding: [0.05, 0.40], min_side: 16, max_side: 1024, centre: shift, seed: 17}}
# About {trained:,} objects that can be cropped are expected in train: two crops of each, and no more than a laptop trains on.
balance: {{by: [domain, class], target: {target}, temperature: 0.5, max_replicas: 4, floor: 20}}
# On a GPU: {{network: u2netp, epochs: 20, canvas: 320}}; what stands here is for a laptop.
training: {{network: nano, epochs: {epochs}, canvas: 64, learning_rate: 0.003, pixels_per_batch: 32768}}
evaluation: {{edge_tolerance: 2, strata: [domain, customer, class, size, owns_centre]}}
gates: gates.yaml
"""

_GATES = """\
# What a model must show before it is promoted: a first model beats the filled box and the inscribed ellipse; a later one
# is also compared with the champion. About {expected:,} test instances are expected.
version: 1
rules:
  - {{stratum: all, metric: edge_overlap_f, beats: [box, ellipse], margin: {margin}, min_instances: {least}}}
"""


def init_coco(annotations: Path, images: Path, folder: Path) -> Path:
    """Write a pipeline for a COCO instances file.

    Args:
        annotations: The COCO file.
        images: The folder that its `file_name`s are relative to.
        folder: Gets pipeline.yaml, taxonomy/, maps/ and gates.yaml; its name becomes the customer's.

    Returns:
        The pipeline file.

    Raises:
        InputError: The file or the folder of images is missing, the file is no COCO instances file, none of the first
            images it lists lies in the folder, or `folder` already holds a file that would be overwritten.
    """
    categories, listed = _read(annotations)
    _check_images(images, list(listed.values()), annotations)
    present = {number for number, file_name in listed.items() if _lies_in(images, file_name)}
    counted = _count_objects(annotations, categories, present)
    name = sanitised(folder.resolve().name, "coco").encode("ascii", "ignore").decode().strip("_")[:64] or "coco"
    source = _source(name, annotations, images, folder)
    texts = _texts(name, source, draft_tree(categories), counted, len(present))
    standing = sorted(str(folder / path) for path in texts if (folder / path).exists())
    if standing:
        raise InputError(f"{standing[0]} is already there and is not overwritten; name another folder or move it away")
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "pipeline.yaml"


def _read(path: Path) -> tuple[list[Category], dict[Any, str]]:
    """Return the categories, and the names of the images by id."""
    if not path.is_file():
        raise InputError(f"expected a COCO annotation file at {path}, found none")
    categories = parse_categories(_items(path, "categories.item"), str(path))
    records = [record if isinstance(record, dict) else {} for record in _items(path, "images.item")]
    listed = {
        number if isinstance(number := record.get("id"), int) else f"at {index}": name
        for index, record in enumerate(records)
        if isinstance(name := record.get("file_name"), str)
    }
    if not listed:
        raise InputError(f"{path}: expected images with a file_name under 'images', got {len(records)} without; is it a COCO file?")
    return categories, listed


def _count_objects(path: Path, categories: list[Category], present: Set[Any]) -> int:
    """Return how many objects can become crops: outlined, no crowd, of no stuff, on an image that is there."""
    things = {category.number for category in categories if not category.is_stuff}
    known, met, objects = {category.number for category in categories}, set[int](), 0
    for record in _items(path, "annotations.item"):
        number = record.get("category_id") if isinstance(record, dict) else None
        if isinstance(number, int):
            met.add(number)
            whole = bool(record.get("segmentation")) and not record.get("iscrowd")
            objects += whole and number in things and record.get("image_id") in present
    if not met:
        raise InputError(
            f"{path}: expected annotations with a category_id under 'annotations', got none; a panoptic file (segments_info) "
            "or a file of captions is no instances file"
        )
    if not known & met:
        raise InputError(f"{path}: no annotation's category_id is one of the {len(known)} categories' ids; the file does not fit together")
    return objects


def _items(path: Path, prefix: str) -> Iterator[Any]:
    try:
        with path.open("rb") as file:
            yield from ijson.items(file, prefix, use_float=True)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable JSON: {error}; export it again") from None


def _check_images(images: Path, listed: list[str], annotations: Path) -> None:
    if not images.is_dir():
        raise InputError(f"expected a folder of images at {images}, found none")
    if not any(_lies_in(images, name) for name in listed):
        raise InputError(
            f"none of the {len(listed):,} images that {annotations} lists lies in {images} (looked for {listed[:1]!r}); "
            "name the folder that its file_name entries start from"
        )


def _lies_in(images: Path, name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts and (images / name).is_file()


def _source(name: str, annotations: Path, images: Path, folder: Path) -> str:
    stanza = {
        "name": "coco",
        "customer": name,
        "domain": "general",
        "format": "coco",
        "scene": "partial",
        "annotations": _seen_from(folder, annotations),
        "images": _seen_from(folder, images),
    }
    return yaml.safe_dump([stanza], sort_keys=False, allow_unicode=True, width=10_000).rstrip()


def _seen_from(folder: Path, path: Path) -> str:
    """Relative where the path lies below the folder, else absolute."""
    path, folder = path.resolve(), folder.resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _texts(name: str, source: str, tree: ClassTreeDraft, objects: int, images: int) -> dict[str, str]:
    few = images < 500
    train_share, test_share = (0.6, 0.3) if few else (0.8, 0.1)
    splits = "{train: 0.6, val: 0.1, test: 0.3}" if few else "{train: 0.8, val: 0.1, test: 0.1}"
    trained = round(objects * train_share)
    target = max(1, min(_MOST_CROPS, _CROPS_OF_AN_OBJECT * trained))
    expected = round(objects * test_share)
    taxonomy = {
        "version": 1,
        "classes": dict(tree.classes),
        "background": list(tree.background),
        "approved": list(tree.approved),
    }
    label_map = {"customer": name, "labels": dict(tree.labels), "ignore": []}
    return {
        "taxonomy/common.yaml": _yaml(taxonomy),
        f"maps/{name}.yaml": _yaml(label_map),
        "gates.yaml": _GATES.format(expected=expected, margin=0.05 if few else 0.01, least=min(300, max(5, expected // 4))),
        "pipeline.yaml": _PIPELINE.format(
            name=name, source=source, splits=splits, trained=trained, target=target, epochs=laptop_epochs(target)
        ),
    }


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
