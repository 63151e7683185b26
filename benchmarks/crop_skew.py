"""Skewed work through the crop stage: one image with 5,000 objects, and one of 20,000 x 20,000 px as JPEG and as PNG.

Run: python -m benchmarks.crop_skew [FOLDER] [--only crowded,jpeg,png] [--side 20000]

Prints for each how many tasks share the work, how long it takes on two cores, and the greatest peak of resident memory
of any Python process and how much of it a worker has before it cuts. Making the images takes longer than cutting them.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq

from benchmarks.crop_contenders import tree_peak
from jobs.crop.shards import assign_shards, image_loads
from jobs.spark.session import spark_session
from lake.contracts import Instance, PlannedCrop
from lake.schemas import table_of
from tests.support.crop_worlds import CropWorld, crop_pipeline, instance, planned, publish_world
from tests.support.stages import crop

CASES = {"crowded": (".jpg", 5_000), "jpeg": (".jpg", 400), "png": (".png", 400)}
TILE = 1_000


def make(folder: Path, name: str, side: int) -> None:
    """Write one image, and the tables of its objects."""
    suffix, objects = CASES[name]
    side = 4_000 if name == "crowded" else side
    rng = np.random.default_rng(1)
    soft = cv2.resize(rng.integers(0, 256, (25, 25, 3)).astype(np.float32), (TILE, TILE), interpolation=cv2.INTER_CUBIC)
    tile = (soft + rng.normal(0, 4, soft.shape)).clip(0, 255).astype(np.uint8)
    pixels = np.tile(tile, (side // TILE, side // TILE, 1))
    path = folder / f"{name}{suffix}"
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 85]
    cv2.imwrite(str(path), pixels, settings)
    data = path.read_bytes()
    image_id = hashlib.sha256(data).hexdigest()
    found = [instance(rng, data, path, image_id, row, "kept") for row in range(objects)]
    pq.write_table(table_of(Instance, found), folder / f"{name}-instances.parquet")
    pq.write_table(table_of(PlannedCrop, [planned(rng, one)[0] for one in found]), folder / f"{name}-plan.parquet")


def cut(folder: Path, name: str, workers: int) -> None:
    """Cut the crops of one image and print the figures."""
    world = CropWorld({}, *(pq.read_table(folder / f"{name}-{table}.parquet") for table in ("instances", "plan")))
    pipeline = crop_pipeline(folder / "out" / name, master=f"local[{workers}]")
    publish_world(pipeline, world)
    _, tasks = assign_shards(image_loads(world.plan.to_batches()))
    spark_session(pipeline)
    report = crop(pipeline)
    figures = {"tasks": tasks, "seconds": round(report.seconds, 1), "crops": report.rows_out, "rejects": dict(report.rejected)}
    print(json.dumps({"name": name, **figures, "peak_mb": round(tree_peak())}))
    sys.stdout.flush()
    os._exit(0)  # the JVM's end is not what is measured


def main() -> None:
    """Make what is not there, cut it and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(tempfile.gettempdir()) / "centrepiece-skew")
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--step", choices=("make", "cut"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.step:
        make(wanted.folder, wanted.only, wanted.side) if wanted.step == "make" else cut(wanted.folder, wanted.only, wanted.workers)
        return
    for name in wanted.only.split(","):
        shutil.rmtree(wanted.folder / "out", ignore_errors=True)
        for step in ("cut",) if (wanted.folder / f"{name}-plan.parquet").exists() else ("make", "cut"):
            program = [sys.executable, "-m", "benchmarks.crop_skew", str(wanted.folder), "--only", name, "--step", step]
            subprocess.run([*program, "--side", str(wanted.side), "--workers", str(wanted.workers)], check=True)


if __name__ == "__main__":
    main()
