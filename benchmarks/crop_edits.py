"""What a night with three edits writes of the crops: three objects of three images get another label.

Run: python -m benchmarks.crop_edits [IMAGES] [--objects 8]

Prints for the first night and the one after the edits: shards and megabytes written, and seconds in this process, without Spark.
Below it, for larger plans, the share of shards whose rows change; nothing is cut for that.
"""

import argparse
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.crop.shards import assign_shards
from jobs.workers import InProcess
from stages.crop import CROP
from stages.runner import run
from tests.support.crop_worlds import CropWorld, crop_pipeline, crop_world, publish_world

EDITS = 3
PLANS = (4_000, 40_000, 400_000)


def edited(world: CropWorld) -> CropWorld:
    """Give one object of each of three images another label."""
    labels = world.instances.column("label").to_pylist()
    images = world.instances.column("image_id").to_pylist()
    for image in sorted(set(images))[:EDITS]:
        labels[images.index(image)] += " corrected"
    index = world.instances.schema.get_field_index("label")
    return replace(world, instances=world.instances.set_column(index, world.instances.schema.field(index), pa.array(labels)))


def share_that_changes(crops: int) -> float:
    """Return the share of a plan's shards that hold one of three images, of eight crops each."""
    names = sorted(hashlib.sha256(str(row).encode()).hexdigest() for row in range(crops // 8))
    loads = pa.table({"image_id": names, "crops": [8] * len(names), "pixels": [8 * 200 * 200] * len(names)})
    assignment, shards = assign_shards(loads)
    first = assignment.column("first_shard").to_numpy()
    drawn = [np.random.default_rng(seed).choice(len(names), EDITS, replace=False) for seed in range(50)]
    return float(np.mean([len(set(first[rows].tolist())) for rows in drawn])) / shards


def main() -> None:
    """Run both nights and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", type=int, nargs="?", default=500)
    parser.add_argument("--objects", type=int, default=8)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = crop_world(Path(folder), images=wanted.images, objects=wanted.objects)
        pipeline = crop_pipeline(Path(folder) / "store")
        for night, tonight in (("first night", world), ("three edits", edited(world))):
            publish_world(pipeline, tonight)
            report = run(CROP, pipeline, workers=InProcess())
            written = (report.details["bytes"] - report.details["bytes_kept"]) / 1e6
            size = report.details["bytes"] / 1e6
            print(f"{night}: {report.rows_out:,} crops, {written:.1f} of {size:.1f} MB written, {report.seconds:.1f} s")
    for crops in PLANS:
        print(f"{crops:,} crops: {share_that_changes(crops):.1%} of the shards change")


if __name__ == "__main__":
    main()
