"""Sources of a few small images with squares on them, each a COCO export, and a pipeline of several such sources."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from lake.configuration import Pipeline

SIDE = 64
TAXONOMY = {
    "version": 1,
    "classes": {"thing": {"cat": {}, "dog": {}}, "stuff": {"sky": {}}},
    "background": ["stuff"],
    "approved": ["thing"],
}

Squares = Sequence[tuple[str, int, int]]
"""Label, left-upper corner on the diagonal, side, in px."""
ONE_CAT: Squares = (("cat", 10, 20),)


def write_picture(path: Path, seed: int) -> None:
    """Write an image of noise; another seed, other bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(path)


def write_export(folder: Path, pictures: Mapping[str, tuple[int, Squares]]) -> None:
    """Write `instances.json` and its images; of each picture, by its name, the seed and the squares on it."""
    labels = sorted({label for _, squares in pictures.values() for label, _, _ in squares})
    objects = [(name, square) for name, (_, squares) in pictures.items() for square in squares]
    document = {
        "categories": [{"id": number, "name": label} for number, label in enumerate(labels, 1)],
        "images": [{"id": number, "file_name": name, "width": SIDE, "height": SIDE} for number, name in enumerate(pictures, 1)],
        "annotations": [
            {
                "id": number,
                "image_id": list(pictures).index(name) + 1,
                "category_id": labels.index(label) + 1,
                "iscrowd": 0,
                "segmentation": [[at, at, at + side, at, at + side, at + side, at, at + side]],
            }
            for number, (name, (label, at, side)) in enumerate(objects, 1)
        ],
    }
    for name, (seed, _) in pictures.items():
        write_picture(folder / "images" / name, seed)
    (folder / "instances.json").write_text(json.dumps(document), encoding="utf-8")


def numbered(count: int, *, first: int = 0, squares: Squares = ONE_CAT) -> dict[str, tuple[int, Squares]]:
    """Return pictures `p0.png`, `p1.png`, … with the same squares, all of other bytes."""
    return {f"p{number}.png": (number, squares) for number in range(first, first + count)}


def pipeline_of(folder: Path, *sources: str, stanzas: Mapping[str, Mapping[str, Any]] | None = None, **settings: Any) -> Pipeline:
    """Return a pipeline of the exports in `folder/<source>`, a customer each; `stanzas` adds keys to a source's stanza."""
    (folder / "maps").mkdir(exist_ok=True)
    (folder / "taxonomy.yaml").write_text(yaml.safe_dump(TAXONOMY), encoding="utf-8")
    for source in sources:
        path = folder / "maps" / f"{source}.yaml"
        if not path.exists():
            path.write_text(yaml.safe_dump({"customer": source, "labels": {"cat": "cat", "dog": "dog", "sky": "sky"}}), encoding="utf-8")
    made = [
        {"name": source, "customer": source, "domain": "home", "format": "coco", "scene": "partial"}
        | {"annotations": str(folder / source / "instances.json"), "images": str(folder / source / "images")}
        | dict((stanzas or {}).get(source, {}))
        for source in sources
    ]
    fixed = {"name": "small", "store": str(folder / "store"), "gates": folder / "gates.yaml", "balance": {"floor": 1}}
    places = {"taxonomy": folder / "taxonomy.yaml", "label_maps": folder / "maps"}
    return Pipeline.model_validate({**fixed, **places, "sources": made, **settings})
