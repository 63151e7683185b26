"""How fast full-HD label PNGs become labelled objects: our reader, its parts, and the ways that peers take, in turn.

Run: python -m benchmarks.label_png_rate [--rounds 7] [--maps 12]

The maps are 1920 x 1080 px with 11 classes in some 250 parts, as driving frames have, coded by one PNG filter and zlib
level 6. One core. `ours` is what the `label-png` source does: the file's bytes in, counts, box and area of every object
out. `unique` tests every class over the whole map, `find_objects` numbers the map with scipy; both encode with
pycocotools.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from pycocotools import mask as coco
from scipy import ndimage

from imaging.masks.properties import describe_runs
from jobs.sources.formats.label_png.class_list import ClassList
from jobs.sources.formats.label_png.label_regions import label_regions
from jobs.sources.rasters.label_maps import decode_index_map

HEIGHT, WIDTH, CLASSES = 1080, 1920, 11
KNOWN = ClassList({number: f"class {number}" for number in range(CLASSES)}, frozenset(range(CLASSES)), {})


def label_map(seed: int) -> npt.NDArray[np.uint8]:
    """Draw bands of road, sky and buildings with cars, poles and trees before them."""
    rng = np.random.default_rng(seed)
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, share in enumerate((0.35, 0.6, 0.72), start=1):
        edge = (HEIGHT * share + 25 * np.sin(np.arange(0, WIDTH, 8) / rng.uniform(60, 200))).astype(int)
        outline = np.stack([np.arange(0, WIDTH, 8), edge], axis=1)
        cv2.fillPoly(values, [np.vstack([outline, [[WIDTH, HEIGHT], [0, HEIGHT]]]).astype(np.int32)], number)
    for _ in range(240):
        x, y = rng.integers(0, WIDTH), rng.integers(HEIGHT // 4, HEIGHT)
        angles = np.linspace(0, 2 * np.pi, 13)[:-1]
        radii = rng.uniform(0.5, 1.0, 12) * rng.lognormal(3.0, 0.7)
        points = np.stack([x + radii * np.cos(angles), y + radii * rng.uniform(0.4, 2.5) * np.sin(angles)], axis=1)
        cv2.fillPoly(values, [points.astype(np.int32)], int(rng.integers(4, CLASSES)))
    return values


def ours(data: bytes) -> int:
    """Decode and divide as the source does, write the counts and measure the box, area and topology of every object."""
    regions = [region.counts for _, _, region in label_regions(data, KNOWN).regions]
    offsets = np.cumsum([0, *(len(counts) for counts in regions)])
    properties, _, _ = describe_runs(np.concatenate(regions), offsets, np.full(len(regions), HEIGHT))
    return len(properties)


def decoded(data: bytes) -> int:
    """Decode alone."""
    return int(decode_index_map(data).size)


def by_unique(data: bytes) -> int:
    """Test every class over the whole map, its parts with OpenCV."""
    values = np.asarray(Image.open(io.BytesIO(data)))
    found = 0
    for value in np.unique(values):
        count, parts = cv2.connectedComponents((values == value).astype(np.uint8), connectivity=8)
        for part in range(1, count):
            coco.encode(np.asfortranarray(parts == part, dtype=np.uint8))
            found += 1
    return found


def by_find_objects(data: bytes) -> int:
    """Number each class's parts with scipy and encode them in their boxes."""
    values = np.asarray(Image.open(io.BytesIO(data)))
    found = 0
    for value in np.unique(values):
        parts, _ = ndimage.label(values == value, np.ones((3, 3), int))
        for part, place in enumerate(ndimage.find_objects(parts), start=1):
            coco.encode(np.asfortranarray(parts[place] == part, dtype=np.uint8))
            found += 1
    return found


WAYS: dict[str, Callable[[bytes], int]] = {
    "ours": ours,
    "ours, decoding alone": decoded,
    "find_objects": by_find_objects,
    "unique": by_unique,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--maps", type=int, default=12)
    wanted = parser.parse_args()
    maps = []
    for seed in range(wanted.maps):
        file = io.BytesIO()
        Image.fromarray(label_map(seed)).save(file, "PNG", compress_level=6)
        maps.append(file.getvalue())
    cv2.setNumThreads(1)
    objects = {name: way(maps[0]) for name, way in WAYS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(wanted.rounds):
        for name, way in WAYS.items():
            some = maps if name.startswith("ours") else maps[:2]
            began = time.process_time()
            for data in some:
                way(data)
            seconds[name].append((time.process_time() - began) / len(some))
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    ours_alone = middle["ours"]
    for name, each in middle.items():
        print(
            f"{name:22} {1000 * each:8.2f} ms a frame  {1 / each:7.1f} a second  {objects[name]:>9,} found  {each / ours_alone:6.2f} x ours"
        )


if __name__ == "__main__":
    main()
