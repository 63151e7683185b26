"""Runs every kernel on ordinary and on mutated inputs, and says which one none of these cases reaches.

Run as a process of its own, with `NUMBA_BOUNDSCHECK=1`: `python -m tests.support.kernel_cases FOLDER`. A kernel is reached where a case
calls it, or where a kernel that is reached calls it.
"""

import importlib
import json
import random
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from demo.exports.formats import FORMATS
from evaluation.metrics.packed import packed_edge_counts
from evaluation.statistics.bootstrap import bootstrap_means
from imaging.jpeg.scan import PADDING, unstuff
from imaging.kernels import Kernel
from imaging.masks.lookup import look_up
from imaging.masks.masks import encode
from imaging.masks.polygon_rle import polygons_to_runs
from imaging.masks.rle import paint_runs, parse_counts, window_runs
from jobs.crop.cut import cut_shard
from jobs.crop.properties import crowding_of, thinness_of
from jobs.sources.rasters.brush_runs import decode_brush
from jobs.sources.rasters.regions import find_regions
from lake.configuration import CropSpec
from lake.errors import CentrepieceError
from tests.support.crop_worlds import crop_world
from tests.support.mutations import link_tree, mutate
from tests.support.plain_ingest import plain_ingest, source_of
from tests.support.probes.images import probe
from tests.support.sample_exports import demo_samples

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("evaluation", "imaging", "jobs", "lake", "stages", "taxonomy", "training")
MUTATIONS = 3
"""Of each export."""


def images(_: Path) -> None:
    """JPEG data, whole and mutated, and the ends of files, of which the scan reads words."""
    found = probe(60, seed=1)
    if found.violations:
        raise AssertionError(found.violations)
    for ending in (b"\xff\x00A", b"\xff\x00\xff", b"\xff\x00\xff\x00A", b"A", b"\xff", b"\xff\xd9", b"AAAAAAA\xff\x00AAA"):
        for before in range(20):
            data = np.frombuffer(bytes([7]) * before + ending, np.uint8)
            unstuff(data, 0, np.empty(len(data) + PADDING, np.uint8))


def exports(folder: Path) -> None:
    """Exports of every format, whole and mutated."""
    for name, sample in demo_samples(folder / "demo").items():
        original = folder / name
        sample.make(folder, original)
        plain_ingest(folder / "store", source_of("whole", **sample.paths(str(original))))
        for number in range(MUTATIONS):
            copy = folder / "mutated"
            link_tree(original, copy)
            mutate(copy, random.Random(f"{name} {number}"))
            with suppress(CentrepieceError):
                plain_ingest(folder / "store", source_of("mutated", **sample.paths(str(copy))))
            shutil.rmtree(copy)


def crops(folder: Path) -> None:
    """Crops of many masks, and of counts that describe none."""
    world = crop_world(folder / "crops", images=4)

    def read(_: Any, image_id: str) -> bytes:
        return world.files[image_id].read_bytes()

    list(cut_shard(world.plan, world.instances, CropSpec(), read))
    place, chance = world.instances.schema.get_field_index("geometry"), random.Random(1)
    for number in range(20):
        geometry = world.instances.column("geometry").to_pylist()
        geometry[number % len(geometry)] = harmed(geometry[number % len(geometry)], chance)
        with suppress(CentrepieceError):
            list(cut_shard(world.plan, world.instances.set_column(place, "geometry", pa.array(geometry)), CropSpec(), read))


def masks(_: Path) -> None:
    """Run lengths of random masks, whole and mutated; windows on and off them; outlines with corners anywhere."""
    chance, draw = np.random.default_rng(2), random.Random(2)
    for _ in range(40):
        height, width = (int(side) for side in chance.integers(1, 80, 2))
        mask = chance.random((height, width)) < chance.random()
        counts = encode(mask)
        thinness_of(mask)
        runs = parse_counts(counts, height, width)
        window_runs(runs, height, 0, 0, int(chance.integers(1, width + 1)), int(chance.integers(1, height + 1)))
        texts = [counts, harmed(counts, draw), "", None]
        look_up(pa.chunked_array([pa.array(texts)]), np.full(len(texts), chance.integers(-1, height * width), np.int64))
        with suppress(CentrepieceError):
            paint_runs(parse_counts(harmed(counts, draw), height, width), height, width)
        values = chance.integers(-1 if height % 2 else 0, 4, (height, width)).astype(np.int32 if height % 2 else np.uint8)
        find_regions(values, np.array([True, False, True, True, False]))
        corners = chance.normal(40, 10.0 ** int(chance.integers(1, 9)), 24)
        side = np.array([height], np.int64), np.array([width], np.int64)
        polygons_to_runs(corners, np.array([0, 6, 16, 24], np.int64), np.array([0, 3], np.int64), *side)
        code = np.frombuffer(draw.randbytes(60), np.uint8).copy()
        code[:4] = np.frombuffer((4 * height * width).to_bytes(4, "big"), np.uint8)
        with suppress(CentrepieceError):
            decode_brush(code, height, width)


def scores(_: Path) -> None:
    """Edges at every radius, resamples, and boxes that meet."""
    chance = np.random.default_rng(3)
    for height, width in ((1, 1), (3, 64), (64, 3), (65, 130), (40, 63)):
        predicted, truth, valid = (chance.random((height, width)) < share for share in (0.4, 0.6, 0.9))
        for radii in ((), (0,), (1, 2), (0, 3, 70)):
            packed_edge_counts(predicted, truth, valid, radii)
            packed_edge_counts(predicted, truth, None, radii, drawn=True)
    for clusters in (1, 2, 9):
        bootstrap_means(chance.random(clusters), np.ones(clusters, np.int64), draws=7, seed=1)
    crowding_of(chance.integers(1, 50, (30, 4)))
    crowding_of(np.empty((0, 4), np.int64))


def harmed(counts: str, chance: random.Random) -> str:
    """Change, add or remove one character of some counts."""
    place = chance.randrange(len(counts))
    return counts[:place] + chance.choice(["", "0", "o", "~", "1" * 20]) + counts[place + 1 :]


CASES: tuple[Callable[[Path], None], ...] = (images, exports, crops, masks, scores)


def kernels() -> dict[str, Any]:
    """Return every kernel of the packages by its module and name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "@kernel" in path.read_text(encoding="utf-8") and path.name != "kernels.py":
                module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                own = (item for item in vars(module).items() if isinstance(item[1], Kernel))
                found |= {f"{module.__name__}.{name}": item for name, item in own if item.py_func.__module__ == module.__name__}
    return found


def reached(called: list[Any]) -> Iterator[Any]:
    """Yield kernels with all that they call."""
    seen: set[int] = set()
    while called:
        one = called.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            names = one.py_func.__code__.co_names
            called += (item for name in names if isinstance(item := one.py_func.__globals__.get(name), Kernel))


def main(folder: Path) -> None:
    """Run all cases, and print how many kernels there are and which were not reached."""
    if set(FORMATS) - {name.removeprefix("demo-") for name in demo_samples(folder / "formats")}:
        raise AssertionError("a format without a sample")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in CASES:
            case(folder)
    known = kernels()
    met = {id(one) for one in reached([one for one in known.values() if one.compiled.signatures])}
    sys.stdout.write(json.dumps({"kernels": len(known), "missed": sorted(name for name, one in known.items() if id(one) not in met)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
