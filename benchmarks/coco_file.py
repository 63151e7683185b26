"""A COCO file of train2017's size and statistics out of nothing, with a small JPEG file for each listed image.

Run: python -m benchmarks.coco_file FOLDER [--instances 860000]

Written as a stream, so that memory stays flat at any size. The statistics are those of the 739 instances of a sample of
train2017: sizes of images and objects, parts and points of an outline, objects an image, crowds. The images are flat
(about 2 KB), have the stated size, and no two are alike.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.coco_like import SHARES, SIZES

INSTANCES_AN_IMAGE = 7.27  # 860,001 of train2017 on 118,287 images
CATEGORIES = 80
_IMAGES_AT_ONCE = 2_048
_AREA = (7.40, 2.01, 12.0, 200_000.0)  # log-normal, in px: mean and deviation of the logarithm, least, most
_POINTS = (0.141, 1.75, 0.68)  # log points = a * log area + b, with a deviation
_PARTS = (0.929, 0.051, 0.020)
_CROWD_SHARE = 0.0116
_CROWD_RUNS = 1_000
_TURNOUT_SHAPE = 0.75  # of the gamma-distributed number of objects an image

Numbers = NDArray[np.float64]


def write_coco_file(folder: Path, *, instances: int, seed: int = 1) -> Path:
    """Write `instances.json` and `images/`; equal arguments leave equal bytes.

    Args:
        folder: Where to write.
        instances: How many; images follow in train2017's proportion.
        seed: Of everything drawn.

    Returns:
        The annotation file.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    path = folder / "instances.json"
    rng = np.random.default_rng(seed)
    counts = _turnout(instances, rng)
    sizes = rng.choice(len(SIZES), size=counts.size, p=SHARES)
    flat = [flat_jpeg(height, width) for height, width in SIZES]
    written = 0
    with path.open("wb") as file:
        categories = [{"id": n, "name": f"class {n}", "supercategory": "thing"} for n in range(1, CATEGORIES + 1)]
        file.write(orjson.dumps({"info": {}, "licenses": [], "categories": categories})[:-1] + b',"images":[')
        for number, size in enumerate(sizes.tolist()):
            file.write((b",\n" if number else b"") + orjson.dumps(_image(number, *SIZES[size])))
            (folder / "images" / _name(number)).write_bytes(numbered(flat[size], number))
        file.write(b'],"annotations":[')
        for begin in range(0, counts.size, _IMAGES_AT_ONCE):
            images = np.repeat(np.arange(begin, min(begin + _IMAGES_AT_ONCE, counts.size)), counts[begin : begin + _IMAGES_AT_ONCE])
            for record in _annotations(images, sizes, rng):
                written += 1
                file.write((b",\n" if written > 1 else b"") + orjson.dumps({**record, "id": written}))
        file.write(b"]}\n")
    return path


def _turnout(instances: int, rng: Generator) -> NDArray[np.int64]:
    """Draw how many objects each image has; they add up to `instances`."""
    images = max(1, round(instances / INSTANCES_AN_IMAGE))
    shares = rng.gamma(_TURNOUT_SHAPE, size=images)
    counts: NDArray[np.int64] = np.diff(np.floor(np.cumsum(shares) / shares.sum() * instances + 0.5).astype(np.int64), prepend=0)
    return counts


def _image(number: int, height: int, width: int) -> dict[str, Any]:
    name = _name(number)
    address = f"http://images.example.org/train2017/{name}"
    return {"license": 1, "file_name": name, "coco_url": address, "height": height, "width": width, "id": number + 1}


def _name(number: int) -> str:
    return f"{number + 1:012d}.jpg"


def flat_jpeg(height: int, width: int) -> bytes:
    """Return a gray image of that size as a JPEG file of a few KB."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    return bytes(cv2.imencode(".jpg", np.full((height, width, 3), 128, np.uint8), settings)[1].tobytes())


def numbered(jpeg: bytes, number: int) -> bytes:
    """Return a JPEG file with its number in it: a comment behind the start marker, so that no two are alike."""
    return jpeg[:2] + b"\xff\xfe\x00\x0a" + number.to_bytes(8, "big") + jpeg[2:]


def _annotations(images: NDArray[np.int64], sizes: NDArray[np.int64], rng: Generator) -> Iterator[dict[str, Any]]:
    height, width = np.array(SIZES)[sizes[images]].T
    mean, deviation, least, most = _AREA
    area = np.clip(np.exp(rng.normal(mean, deviation, images.size)), least, np.minimum(most, 0.6 * height * width))
    slope, level, spread = _POINTS
    points = np.exp(slope * np.log(area) + level + rng.normal(0, spread, images.size))
    parts = rng.choice(len(_PARTS), size=images.size, p=_PARTS) + 1
    aspect = np.exp(rng.normal(0, 0.5, images.size))
    categories = rng.integers(1, CATEGORIES + 1, images.size)
    crowd = rng.random(images.size) < _CROWD_SHARE
    for place in range(images.size):
        size = (int(height[place]), int(width[place]))
        shape: list[list[float]] | dict[str, Any]
        if crowd[place]:
            shape, box = _crowd(size, rng)
        else:
            shape, box = _outline(float(area[place]), int(points[place]), int(parts[place]), float(aspect[place]), size, rng)
        yield {
            "segmentation": shape,
            "area": round(float(area[place]), 2),
            "iscrowd": int(crowd[place]),
            "image_id": int(images[place]) + 1,
            "bbox": box,
            "category_id": int(categories[place]),
        }


def _outline(
    area: float, points: int, parts: int, aspect: float, size: tuple[int, int], rng: Generator
) -> tuple[list[list[float]], list[float]]:
    """Draw star-shaped parts side by side; together they have about the area and the points that are asked for."""
    height, width = size
    across = min(np.sqrt(area * aspect / 0.6), 0.98 * width)
    down = min(area / 0.6 / across, 0.98 * height)
    left, top = rng.uniform(0, width - across), rng.uniform(0, height - down)
    each = max(3, points // parts)
    turn = (np.arange(each) + rng.uniform(0, 0.9, (parts, each))) * (2 * np.pi / each)
    reach = 1 - 0.5 * rng.random((parts, each)) ** 2
    middle = (np.arange(parts)[:, None] + 0.5) / parts
    x = left + across * (middle + reach * np.cos(turn) / (2 * parts))
    y = top + down * (0.5 + 0.5 * reach * np.sin(turn))
    rings = np.round(np.stack((x, y), axis=-1).reshape(parts, -1), 2)
    corner = (float(x.min()), float(y.min()))
    return rings.tolist(), [round(side, 2) for side in (*corner, float(x.max()) - corner[0], float(y.max()) - corner[1])]


def _crowd(size: tuple[int, int], rng: Generator) -> tuple[dict[str, Any], list[float]]:
    """Draw a crowd as plain run lengths: blobs down the columns, as COCO's crowds have."""
    height, width = size
    cuts = np.sort(rng.choice(height * width - 1, size=2 * int(rng.integers(100, _CROWD_RUNS)), replace=False)) + 1
    return {"counts": np.diff(cuts, prepend=0, append=height * width).tolist(), "size": [height, width]}, [
        0.0,
        0.0,
        float(width),
        float(height),
    ]


def main() -> None:
    """Write the file that the command line asks for and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--instances", type=int, default=860_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    began = time.perf_counter()
    path = write_coco_file(wanted.folder, instances=wanted.instances, seed=wanted.seed)
    print(f"{wanted.instances:,} instances, {path.stat().st_size / 1e6:.1f} MB in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
