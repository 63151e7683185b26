"""How fast annotations become a plan, and in how much memory: `python -m benchmarks.plan_rate --instances 860000`.

Invented tables of train2017's size are published to a store in a temporary folder; then `label` and `balance` run on Spark as they
do in a pipeline. Beside them, in the same run, the limit: one process reads the same rows with pyarrow and writes them
again, deciding nothing.
"""

import argparse
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow.compute as pc

from jobs.file_slices import read_slice, slices_of
from jobs.spark.session import spark_session
from lake.configuration import Pipeline
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from tests.support.annotation_tables import LABEL_MAPS, LABELS, TAXONOMY, invented_annotations, invented_images
from tests.support.stages import balance, label

PIPELINE = """
name: rate
store: ./store
spark: {{master: "local[{threads}]"}}
taxonomy: common.yaml
label_maps: maps
sources:
  - {{name: coco, customer: coco, domain: everyday, format: coco, scene: partial, annotations: coco.json}}
  - {{name: acme, customer: acme, domain: driving, format: coco, scene: partial, annotations: acme.json}}
balance: {{target: {target}}}
gates: gates.yaml
"""
ROWS_PER_SHARD = 50_000

Result = TypeVar("Result")


@dataclass
class Peak:
    """The largest resident memory seen of one Python worker, in bytes, and the processor time of this process and all below."""

    worker: int = 0
    cpu_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)


def main() -> None:
    """Publish invented tables, run the stages, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=860_000)
    parser.add_argument("--images", type=int, default=118_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pipeline = _pipeline(Path(folder), threads=arguments.threads, target=arguments.instances // 4)
        lake = open_lake(pipeline)
        _publish(lake, images=arguments.images, instances=arguments.instances)
        print(f"{arguments.instances:,} instances on {arguments.images:,} images, {arguments.threads} threads")
        _timed("limit: read and write again, one process", arguments.instances, lambda: _copy(lake))
        _timed("session start and first job", 0, lambda: spark_session(pipeline).range(2).count())
        for name, stage in (("label", label), ("balance", balance)):
            report = _timed(f"{name} (Spark)", arguments.instances, partial(stage, pipeline))
            print(f"    rows in {report.rows_in:,}, out {report.rows_out:,}, rejects {dict(report.rejected)}, {dict(report.details)}")
        driver = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(f"peak memory of the driver: {driver / 2**20:,.0f} MiB")
        spark_session(pipeline).stop()


def _pipeline(folder: Path, *, threads: int, target: int) -> Pipeline:
    (folder / "maps").mkdir()
    (folder / "common.yaml").write_text(TAXONOMY, encoding="utf-8")
    for customer, text in LABEL_MAPS.items():
        (folder / "maps" / f"{customer}.yaml").write_text(text, encoding="utf-8")
    (folder / "pipeline.yaml").write_text(PIPELINE.format(threads=threads, target=target), encoding="utf-8")
    return load_pipeline(folder / "pipeline.yaml")


def _publish(lake: Lake, *, images: int, instances: int) -> None:
    pictures = invented_images(images)
    for number, source in enumerate(sorted(LABELS)):
        part, key = {"source": source}, f"{source:0<64}"
        of_source = pictures.filter(pc.equal(pictures.column("source"), source))
        share = instances // len(LABELS)
        shards = share // ROWS_PER_SHARD + 1
        place = lake.location("annotations", key, part)
        receipts = [
            write_shard(place, shard_name(at, shards), [invented_annotations(of_source, rows, seed=1_000 * number + at)])
            for at, rows in enumerate([ROWS_PER_SHARD] * (share // ROWS_PER_SHARD) + [share % ROWS_PER_SHARD])
        ]
        listed = write_shard(lake.location("images", key, part), shard_name(0, 1), [of_source])
        outputs = [Output("images", part, [listed]), Output("annotations", part, receipts)]
        publish_stage(lake, stage="ingest", key=key, rows_in=share, rows_out=share, rejected={}, outputs=outputs)


def _copy(lake: Lake) -> None:
    place = lake.location("annotations", "c" * 64)
    for unit in slices_of(lake.store, lake.files("annotations")):
        write_shard(place, unit.shard, [read_slice(lake.store, unit)])


def _timed(name: str, rows: int, work: Callable[[], Result]) -> Result:
    with _watched() as peak:
        started = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - started
    rate = f", {rows / seconds:,.0f} instances/s" if rows else ""
    workers = f", peak memory of a Python worker {peak.worker / 2**20:,.0f} MiB" if peak.worker else ""
    print(f"{name}: {seconds:.1f} s, {peak.cpu_s:.1f} CPU s{rate}{workers}", flush=True)
    return result


@contextmanager
def _watched() -> Iterator[Peak]:
    peak = Peak()
    before = _cpu_seconds()
    watcher = threading.Thread(target=_watch, args=(peak,), daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        peak.stop.set()
        watcher.join()
        peak.cpu_s = _cpu_seconds() - before


def _watch(peak: Peak) -> None:
    while not peak.stop.wait(0.2):
        sizes = [_resident(process) for process in Path("/proc").iterdir() if process.name.isdigit() and _is_worker(process)]
        peak.worker = max([peak.worker, *sizes])


def _is_worker(process: Path) -> bool:
    """Whether a process is a Python worker of this process's Spark."""
    try:
        return b"pyspark.daemon" in (process / "cmdline").read_bytes() and os.getpid() in _ancestors(process)
    except OSError:
        return False


def _ancestors(process: Path) -> Iterator[int]:
    while process.name != "0":
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        yield parent
        process = Path("/proc", str(parent))


def _cpu_seconds() -> float:
    """Add up the processor time of this process and of all below it, ended ones included."""
    ticks = 0
    for process in [one for one in Path("/proc").iterdir() if one.name.isdigit()]:
        try:
            if process.name == str(os.getpid()) or os.getpid() in _ancestors(process):
                ticks += sum(int(field) for field in (process / "stat").read_text().rpartition(")")[2].split()[11:15])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident(process: Path) -> int:
    try:
        return int((process / "statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    main()
