"""A set like COCO's train2017 out of nothing: its sizes, its number of instances an image, its weight of JPEG data.

Run: python -m benchmarks.coco_like FOLDER [--images 1200] [--workers 2] [--no-pixels]

Each image is one of a bank of demo scenes, mirrored or not, in another light and with sensor noise of its own, so that no
two files are alike; its annotations are the scene's things and others of the bank. `--no-pixels` writes the annotation file
alone; `benchmarks/coco_file.py` writes one of train2017's size and statistics.
"""

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo import textures
from demo.catalogue import DOMAINS, THINGS
from demo.scenes import Scene, compose
from imaging.masks.masks import encode
from imaging.masks.rle import parse_counts

SIZES = ((480, 640), (427, 640), (640, 480), (640, 427), (375, 500), (640, 640), (360, 640), (612, 612))
SHARES = (0.37, 0.25, 0.15, 0.07, 0.06, 0.04, 0.04, 0.02)
"""Heights, widths and shares of the sizes that are most frequent in train2017."""
_MASTERS = 4  # scenes of each size
_CHUNK = 32  # images of one errand
_TURNOUT = (1.47, 1.03)  # of the log-normal number of instances: mean 7.3, median 4, at most 60
_CROWD_SHARE = 0.012
_ENCODER = [
    *(cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
]
"""As COCO's own files: no chroma subsampling, and Huffman tables of each file's own (so have 100 of 100 that were looked at)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One object of the bank, in the frame of its scene and mirrored: segmentation, box, area."""

    kind: int
    plain: dict[str, Any]
    mirrored: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Master:
    """One scene of the bank with its objects."""

    pixels: npt.NDArray[np.uint8]
    shapes: tuple[Shape, ...]


def write_coco_like(folder: Path, *, images: int, seed: int = 1, workers: int = 2, pixels: bool = True) -> Path:
    """Write `instances.json` and, with `pixels`, `images/`; equal arguments leave equal bytes.

    Returns:
        The annotation file.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    path = folder / "instances.json"
    listed: list[str] = []
    number = 0
    with ProcessPoolExecutor(workers) as pool, path.open("w", encoding="utf-8") as file:
        categories = [{"id": n, "name": name, "supercategory": "thing"} for n, name in enumerate(THINGS, start=1)]
        file.write(json.dumps({"info": {}, "licenses": [], "categories": categories})[:-1] + ', "annotations": [')
        errand = partial(_chunk, folder=folder if pixels else None, images=images, seed=seed)
        for records, annotations in pool.map(errand, range(0, images, _CHUNK)):
            listed += records
            for annotation in annotations:
                number += 1
                file.write((",\n" if number > 1 else "") + f'{{"id": {number}, ' + annotation[1:])
        file.write('], "images": [' + ",\n".join(listed) + "]}\n")
    return path


def _chunk(first: int, *, folder: Path | None, images: int, seed: int) -> tuple[list[str], list[str]]:
    records, annotations = [], []
    for index in range(first, min(first + _CHUNK, images)):
        rng = np.random.default_rng([seed, index])
        size = int(rng.choice(len(SIZES), p=SHARES))
        masters = _bank(seed, size)
        master, mirrored = masters[int(rng.integers(len(masters)))], bool(rng.random() < 0.5)
        name = f"{index + 1:012d}.jpg"
        height, width = SIZES[size]
        records.append(json.dumps({"id": index + 1, "file_name": name, "height": height, "width": width, "license": 1}))
        annotations += [json.dumps({"image_id": index + 1, **record}) for record in _records(master, masters, rng, mirrored=mirrored)]
        if folder is not None:
            (folder / "images" / name).write_bytes(_jpeg(master.pixels, rng, mirrored=mirrored))
    return records, annotations


def _records(master: Master, masters: tuple[Master, ...], rng: Generator, *, mirrored: bool) -> Iterator[dict[str, Any]]:
    wanted = int(np.clip(round(rng.lognormal(*_TURNOUT)), 1, 60))
    own = [master.shapes[int(place)] for place in rng.permutation(len(master.shapes))]
    others = [shape for other in masters if other is not master for shape in other.shapes]
    borrowed = [others[int(rng.integers(len(others)))] for _ in range(max(0, wanted - len(own)))]
    for shape in (*own, *borrowed)[:wanted]:
        yield {"category_id": shape.kind, **(shape.mirrored if mirrored else shape.plain)}


def _jpeg(pixels: npt.NDArray[np.uint8], rng: Generator, *, mirrored: bool) -> bytes:
    height, width = pixels.shape[:2]
    frame = pixels[:, ::-1].astype(np.float32) if mirrored else pixels.astype(np.float32)
    frame *= rng.uniform(0.8, 1.15, 3).astype(np.float32)
    frame += np.float32(rng.uniform(6.0, 12.0)) * textures.sensor_noise(rng, height, width)
    shown = np.clip(frame, 0, 255, out=frame).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", shown, _ENCODER)[1].tobytes())


@lru_cache(maxsize=len(SIZES))
def _bank(seed: int, size: int) -> tuple[Master, ...]:
    masters = []
    for number in range(_MASTERS):
        place, rng = (np.random.default_rng([seed, size, number, purpose]) for purpose in (1, 2))
        scene = compose(number, DOMAINS[number % len(DOMAINS)], f"master{number}", SIZES[size], place, rng)
        masters.append(Master(scene.pixels, tuple(_shapes(scene, rng))))
    return tuple(masters)


def _shapes(scene: Scene, rng: Generator) -> Iterator[Shape]:
    for thing in scene.things:
        crowd = thing.is_crowd or bool(rng.random() < _CROWD_SHARE)
        sides = (_drawn(mask, crowd=crowd) for mask in (thing.mask, np.ascontiguousarray(thing.mask[:, ::-1])))
        plain, mirrored = sides
        if plain is not None and mirrored is not None:
            yield Shape(THINGS.index(thing.kind) + 1, plain, mirrored)


def _drawn(mask: npt.NDArray[np.bool_], *, crowd: bool) -> dict[str, Any] | None:
    """Draw a mask as an annotator would: polygons of a few dozen points; crowds as plain run lengths."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    shared = {"iscrowd": int(crowd), "area": float(mask.sum()), "bbox": [float(x), float(y), float(width), float(height)]}
    if crowd:
        counts = parse_counts(encode(mask), *mask.shape).tolist()
        return {"segmentation": {"size": list(mask.shape), "counts": counts}, **shared}
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rings = [cv2.approxPolyDP(contour, 2.2, True).reshape(-1) for contour in found]
    polygons = [np.round(ring + 0.43, 2).tolist() for ring in rings if len(ring) >= 6]
    return {"segmentation": polygons, **shared} if polygons else None


def main() -> None:
    """Write the set that the command line asks for and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-pixels", action="store_true")
    wanted = parser.parse_args()
    began = time.perf_counter()
    path = write_coco_like(wanted.folder, images=wanted.images, seed=wanted.seed, workers=wanted.workers, pixels=not wanted.no_pixels)
    seconds = time.perf_counter() - began
    weights = [file.stat().st_size for file in (wanted.folder / "images").glob("*.jpg")]
    print(f"{wanted.images:,} images in {seconds:.1f} s ({wanted.images / seconds:.0f} a second)")
    print(f"annotations: {path.stat().st_size / 1e6:.1f} MB; JPEG data: {np.mean(weights) / 1e3 if weights else 0:.0f} KB an image")


if __name__ == "__main__":
    main()
