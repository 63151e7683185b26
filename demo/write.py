"""Writes the demo into a folder: three exports with their images, and the configuration that runs over them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from demo.customers import ACME, ATLAS, CUSTOMERS, RAPID, Customer
from demo.exports.coco import write_coco
from demo.exports.label_png import write_label_png
from demo.exports.scale import write_scale
from demo.pipeline_files import GATES, TAXONOMY, label_map_text, pipeline_text
from demo.shots import Shot, shots
from lake.errors import InputError

_MARK = "demo.json"
_Writer = Callable[[Path, Customer, Iterable[Shot]], Path]
_EXPORTS: tuple[tuple[str, Customer, _Writer], ...] = (
    ("coco", ATLAS, write_coco),
    ("drive", ACME, write_label_png),
    ("rapid", RAPID, write_scale),
)


def write_demo(folder: Path, *, images: int = 60, seed: int = 7, long_side: int | None = None) -> Path:
    """Render the demo world into a folder; equal arguments leave equal bytes.

    A configuration file that is already there is kept, so that what a user changed in it stays.

    Args:
        folder: Made where it is missing; it must be empty or hold an earlier demo.
        images: How many images, at least 3: one a domain.
        seed: Of the world.
        long_side: Longer side of every image in px; None for natural sizes.

    Returns:
        The pipeline file.

    Raises:
        InputError: The folder holds something that is no demo.
        ValueError: There are fewer than 3 images.
    """
    if images < len(_EXPORTS):
        raise ValueError(f"a demo has at least {len(_EXPORTS)} images, one a domain, got {images}")
    _claim(folder, {"images": images, "seed": seed, "long_side": long_side})
    for name, customer, write in _EXPORTS:
        stems: set[str] = set()
        taken = shots(customer.domain, images=images, seed=seed, long_side=long_side)
        write(folder / name, customer, _noted(taken, stems))
        _sweep(folder / name, stems)
    _configure(folder, images)
    return folder / "pipeline.yaml"


def _claim(folder: Path, arguments: dict[str, int | None]) -> None:
    mark = folder / _MARK
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected a folder for the demo, got the file {folder}; name another place")
    if folder.is_dir() and any(folder.iterdir()) and not mark.is_file():
        raise InputError(f"{folder} is not empty and holds no {_MARK}: the demo would mix with what is there; name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps(arguments) + "\n", encoding="utf-8")


def _noted(taken: Iterable[Shot], stems: set[str]) -> Iterable[Shot]:
    for shot in taken:
        stems.add(shot.scene.name)
        yield shot


def _sweep(export: Path, stems: set[str]) -> None:
    """Remove the images of an earlier, larger demo: an export of a folder is all that lies in it."""
    for path in sorted(export.glob("*/*")):
        if path.is_file() and path.stem not in stems:
            path.unlink()


def _configure(folder: Path, images: int) -> None:
    texts = {
        "taxonomy/common.yaml": TAXONOMY,
        "gates.yaml": GATES,
        "pipeline.yaml": pipeline_text(images=images),
        **{f"maps/{customer.name}.yaml": label_map_text(customer) for customer in CUSTOMERS},
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
