"""How fast many small annotation files become a table: `python -m benchmarks.small_files FOLDER [--files 20000] [--rounds 3]`.

Writes, once, a folder of LabelMe documents and one of YOLO label files, each with a small JPEG file of its own, and ingests either on
two threads. Beside it, in the same run and in turn, the limit: one process that lists the folder, reads every file and
hashes the images, and parses nothing. Prints files a second and the ratio; the start of the session is apart.
"""

import argparse
import hashlib
import json
import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.coco_file import flat_jpeg, numbered
from benchmarks.ingest_ours import write_pipeline
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import Pipeline
from lake.pipeline_file import load_pipeline
from tests.support.stages import ingest

_HEIGHT, _WIDTH = 480, 640
_OBJECTS = 4
_A_FOLDER = 1_000
_KINDS = ("labelme", "yolo-seg")
_LIMIT = "limit: read all"


def write_files(folder: Path, files: int) -> None:
    """Write both folders; each has its images beside the annotations or under `images`."""
    rng = np.random.default_rng(1)
    image = flat_jpeg(_HEIGHT, _WIDTH)
    for number in range(files):
        stem = f"{number // _A_FOLDER:03d}/{number:06d}"
        for path in (folder / "labelme" / stem, folder / "yolo-seg" / "images" / stem, folder / "yolo-seg" / "labels" / stem):
            path.parent.mkdir(parents=True, exist_ok=True)
        corners = rng.uniform(0.05, 0.95, (_OBJECTS, 12, 2)).round(4)
        (folder / "labelme" / f"{stem}.jpg").write_bytes(numbered(image, number))
        (folder / "yolo-seg" / "images" / f"{stem}.jpg").write_bytes(numbered(image, number))
        shapes = [
            {"label": f"class {n}", "points": (one * (_WIDTH, _HEIGHT)).tolist(), "group_id": None, "shape_type": "polygon", "flags": {}}
            for n, one in enumerate(corners)
        ]
        document: dict[str, Any] = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": f"{number:06d}.jpg", "imageData": None}
        sides = {"imageHeight": _HEIGHT, "imageWidth": _WIDTH}
        (folder / "labelme" / f"{stem}.json").write_text(json.dumps({**document, **sides}), encoding="utf-8")
        lines = [f"{n} {' '.join(map(str, one.ravel().tolist()))}" for n, one in enumerate(corners)]
        (folder / "yolo-seg" / "labels" / f"{stem}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    names = "".join(f"  {n}: class {n}\n" for n in range(_OBJECTS))
    (folder / "yolo-seg" / "data.yaml").write_text(f"names:\n{names}", encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    if not (wanted.folder / "yolo-seg" / "data.yaml").exists():
        write_files(wanted.folder, wanted.files)
    began = time.perf_counter()
    spark = spark_session(_pipeline(wanted.folder, _KINDS[0]))
    run_tasks(spark.sparkContext, range(2), str)
    print(f"session start: {time.perf_counter() - began:.1f} s", flush=True)
    for kind in _KINDS:
        ways: dict[str, Callable[[], object]] = {
            "ingest": partial(_ingest, wanted.folder, kind),
            _LIMIT: partial(_read, wanted.folder / kind),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(wanted.rounds):
            for name, way in ways.items():
                began = time.perf_counter()
                found = way()
                times[name].append(time.perf_counter() - began)
                print(f"{kind}, {name}: {times[name][-1]:.1f} s, {found}", flush=True)
        seconds = {name: statistics.median(all_of) for name, all_of in times.items()}
        rate, ratio = wanted.files / seconds["ingest"], seconds["ingest"] / seconds[_LIMIT]
        print(f"{kind}: {rate:,.0f} files a second on two threads, {ratio:.1f} times the limit's time", flush=True)
    spark.stop()


def _pipeline(folder: Path, kind: str) -> Pipeline:
    images = folder / kind / "images" if kind == "yolo-seg" else None
    return load_pipeline(write_pipeline(folder / "out", folder / kind, images, kind=kind))


def _ingest(folder: Path, kind: str) -> str:
    shutil.rmtree(folder / "out", ignore_errors=True)
    report = ingest(_pipeline(folder, kind))
    return f"{report.rows_in:,} records in, {report.rows_out:,} out, rejected {dict(report.rejected)}"


def _read(folder: Path) -> str:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.*")) if path.is_file()]
    return f"{len(digests):,} files read"


if __name__ == "__main__":
    main()
