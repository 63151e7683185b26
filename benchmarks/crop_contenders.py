"""Times one of our ways of cutting a benchmark set, and prints time, CPU, peak memory and bytes as one line of JSON.

Run by `benchmarks/crop_rate.py`, each in a process of its own. `limit` decodes every JPEG once on all cores and writes
the bytes back; `spark` is the stage itself, with session start apart; `pool` runs the same function in plain processes.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from imaging.jpeg.crop import NoEntropyCropError
from imaging.jpeg.turbo import decode_jpeg
from imaging.source_images import read_source
from jobs.crop import blocks
from jobs.crop.cut import COMPRESSION, cut_shard
from jobs.crop.shards import ShardRows, assign_rows, assign_shards, image_loads
from jobs.quality.check import check_quality
from jobs.spark.workers import SparkWorkers
from lake.configuration import CropSpec, Pipeline
from lake.digests import stage_key
from lake.lake import open_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import ShardLocation, shard_name, write_shard
from lake.storage.store import open_store
from stages import runner
from tests.support.crop_worlds import crop_pipeline
from tests.support.stages import crop

Figures = dict[str, float]


class Clock:
    """Wall time, and the CPU of this process and all under it that still run."""

    def __init__(self) -> None:
        self._cpu, self._started = tree_cpu(), time.perf_counter()

    def stop(self, size: int) -> Figures:
        """Return the figures since the start."""
        seconds = time.perf_counter() - self._started
        return {"seconds": seconds, "cpu": tree_cpu() - self._cpu, "bytes": size, "peak_mb": tree_peak()}


def tree() -> list[Path]:
    """Return the /proc folders of this process and all under it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[folder.name] = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
    found = [str(os.getpid())]
    for name in found:
        found += [child for child, parent in parents.items() if parent == name]
    return [Path("/proc") / name for name in found]


def tree_cpu() -> float:
    """Add up user and system seconds, those of children that have ended too."""
    total = 0
    for folder in tree():
        with suppress(OSError):
            total += sum(map(int, (folder / "stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def tree_peak() -> float:
    """Return the greatest peak of resident memory of one Python process, in MB; the JVM's is apart."""
    peaks = [0]
    for folder in tree():
        with suppress(OSError):
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            if "java" not in status["Name"]:
                peaks.append(int(status.get("VmHWM", "0").split()[0]))
    return max(peaks) / 1024


def decode_and_write(path: Path, out: Path) -> int:
    """Decode one image and write its file's bytes."""
    data = path.read_bytes()
    decode_jpeg(data)
    (out / path.name).write_bytes(data)
    return len(data)


def limit(folder: Path, out: Path, workers: int) -> Figures:
    """Decode each JPEG once on all cores."""
    paths = sorted((folder / "images").iterdir())
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        clock = Clock()
        sizes = list(pool.map(partial(decode_and_write, out=out), paths, chunksize=32))
        return clock.stop(sum(sizes))


def cut_one(rows: ShardRows, shards: int, out: Path) -> int:
    """Cut one shard, sent as the stage sends it, in a plain process."""
    place = ShardLocation(open_store(out), "crops", "0" * 64)
    cut = (part.crops for part in cut_shard(rows.plan, rows.instances, CropSpec(), read_source))
    receipt = write_shard(place, shard_name(rows.shard, shards), cut, compression=COMPRESSION)
    return receipt.bytes if receipt else 0


def pool(folder: Path, out: Path, workers: int) -> Figures:
    """Cut every shard in plain processes; some shards, which load compiled code, are cut before the clock starts."""
    with ProcessPoolExecutor(workers, get_context("fork")) as processes:
        pieces, count = shards_of(folder)
        warm = partial(cut_one, shards=count, out=out / "warm")
        list(processes.map(warm, pieces[: 2 * workers]))
        clock = Clock()
        pieces, count = shards_of(folder)
        sizes = list(processes.map(partial(cut_one, shards=count, out=out), pieces))
        return clock.stop(sum(sizes))


def shards_of(folder: Path) -> tuple[list[ShardRows], int]:
    """Assign the rows of a set's plan and instances to shards."""
    plan, instances = (pq.read_table(folder / f"{name}.parquet") for name in ("plan", "instances"))
    assignment, count = assign_shards(image_loads(plan.to_batches()))
    return list(assign_rows(plan, instances, assignment)), count


def transform_pool(folder: Path, out: Path, workers: int) -> Figures:
    """Do as `pool` does with libjpeg-turbo's transform alone."""
    with patch.object(blocks, "entropy_crop", _refuse):
        return pool(folder, out, workers)


def _refuse(*_: object) -> list[bytes]:
    raise NoEntropyCropError("the benchmark takes the other path")


def transform_spark(folder: Path, out: Path, workers: int) -> Figures:
    """Do as `spark` does with libjpeg-turbo's transform alone."""
    return spark(folder, out, workers, _TransformingWorkers)


class _TransformingWorkers(SparkWorkers):
    """Spark's workers, each without the path that copies codes."""

    def map(self, pieces: Sequence[Any], work: Callable[[Any], Any], /) -> list[Any]:
        return SparkWorkers.map(self, pieces, partial(_transformed, work=work))


def _transformed(piece: Any, *, work: Callable[[Any], Any]) -> Any:
    with patch.object(blocks, "entropy_crop", _refuse):
        return work(piece)


def spark(folder: Path, out: Path, workers: int, kind: type[SparkWorkers] = SparkWorkers) -> Figures:
    """Run the stage on Spark; the session and a first, small job, which starts Python workers, are before the clock.

    What the check of the table's expectations takes, about the same at any size, is told apart.
    """
    pipeline = _published(folder, out, workers)
    warm = _published(folder, out / "warm", workers, rows=600)
    crop(warm, workers=kind(warm))
    checks: list[Figures] = []

    def timed(*given: Any, **options: Any) -> Any:
        clock = Clock()
        done = check_quality(*given, **options)
        checks.append(clock.stop(0))
        return done

    with patch.object(runner, "check_quality", timed):
        clock = Clock()
        report = crop(pipeline, workers=kind(pipeline))
        figures = clock.stop(int(report.details["bytes"]))
    apart = checks[0]
    return figures | {"checks": apart["seconds"]} | {key: figures[key] - apart[key] for key in ("seconds", "cpu")}


def _published(folder: Path, out: Path, workers: int, rows: int | None = None) -> Pipeline:
    pipeline = crop_pipeline(out, master=f"local[{workers}]")
    lake = open_lake(pipeline)
    for name, table in (("label", "instances"), ("balance", "plan")):
        some = pq.read_table(folder / f"{table}.parquet")[: rows if table == "plan" else None]
        key = stage_key(name, inputs={}, spec=[folder.name, rows])
        receipts = [write_shard(lake.location(table, key), shard_name(0, 1), [some])]
        outputs = [Output(table, {}, receipts)]
        publish_stage(lake, stage=name, key=key, rows_in=len(some), rows_out=len(some), rejected={}, outputs=outputs)
    return pipeline


CONTENDERS: dict[str, Callable[[Path, Path, int], Figures]] = {
    "limit": limit,
    "pool": pool,
    "transform-pool": transform_pool,
    "spark": spark,
    "transform-spark": transform_spark,
}


def main(name: str, folder: Path, out: Path, workers: int) -> None:
    """Run one contender and print its figures."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    print(json.dumps({"name": name, **CONTENDERS[name](folder, out, workers)}))
    sys.stdout.flush()
    shutil.rmtree(out, ignore_errors=True)
    if "spark" in name:
        os._exit(0)  # the JVM's end is not what is measured


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
