"""How fast crops are cut: the stage, its parts, the peers and the limit, in turn, each a process of its own.

Run: python -m benchmarks.crop_rate [FOLDER] [--images 1200 12000] [--rounds 3] [--peers peers/bin/python]
     [--contenders pool,opencv-pool]

The sets are made below FOLDER (the system's temporary folder by default) unless they are there. Every round runs the
limit, the stage and the contenders; `benchmarks/crop_peers.py` says how to install the peers. Prints, for each, the
median of its rounds: images and crops per second, CPU per image, bytes per crop, peak memory, and how many times the
stage's rate is its rate, and its CPU and bytes a crop the stage's. With several sizes, also the cost of a crop at each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.crop_set import crop_set

OURS = ("limit", "spark", "pool", "transform-pool", "transform-spark")
PEERS = ("opencv-pool", "opencv-loop", "pillow-pool", "pillow-loop", "datasets", "supervision", "datumaro")
ALWAYS = ("limit", "spark")

Figures = dict[str, float]


def run(name: str, python: str, folder: Path, out: Path, workers: int) -> Figures:
    """Run one contender in a process of its own."""
    program = ["-m", "benchmarks.crop_contenders"] if name in OURS else [str(Path(__file__).parent / "crop_peers.py")]
    command = [python, *program, name, str(folder), str(out), str(workers)]
    environment = os.environ if name in OURS else {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {key: float(value) for key, value in figures.items() if key != "name"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(tempfile.gettempdir()) / "centrepiece-crop-sets")
    parser.add_argument("--images", type=int, nargs="+", default=[1200])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peers", help="the Python of the peers' environment; without it only ours are run")
    parser.add_argument("--contenders", help="names beside limit and spark, joined by commas; all by default")
    wanted = parser.parse_args()
    chosen = wanted.contenders.split(",") if wanted.contenders is not None else [*OURS, *(PEERS if wanted.peers else ())]
    if unknown := [name for name in chosen if name and name not in (*OURS, *PEERS)]:
        parser.error(f"unknown contenders {unknown}; there are {', '.join((*OURS, *PEERS))}")
    if not wanted.peers and (missing := [name for name in chosen if name in PEERS]):
        parser.error(f"{missing} need --peers")
    names = [*ALWAYS, *(name for name in chosen if name and name not in ALWAYS)]
    costs = {}
    for images in wanted.images:
        folder = crop_set(wanted.folder, images)
        crops = pq.read_metadata(folder / "plan.parquet").num_rows
        rounds: dict[str, list[Figures]] = {name: [] for name in names}
        for _ in range(wanted.rounds):
            for name in names:
                python = sys.executable if name in OURS else wanted.peers
                figures = run(name, python, folder, wanted.folder / "out", wanted.workers)
                rounds[name].append(figures)
                print(f"{name}: {figures['seconds']:.2f} s, {figures['cpu']:.2f} s of CPU", file=sys.stderr, flush=True)
        middle = {name: {key: statistics.median(one[key] for one in done) for key in done[0]} for name, done in rounds.items()}
        show(middle, images, crops, wanted.rounds)
        costs[images] = 1e6 * middle["spark"]["seconds"] / crops, 1e6 * middle["spark"]["cpu"] / crops
    for images, (wall, cpu) in costs.items():
        print(f"the stage at {images:,} images: {wall:.0f} us of time and {cpu:.0f} us of CPU a crop")


def show(middle: dict[str, Figures], images: int, crops: int, rounds: int) -> None:
    """Print one row a contender."""
    table = Table(title=f"{images:,} images, {crops:,} crops, median of {rounds} rounds")
    heads = ("", "s", "images/s", "crops/s", "CPU ms/image", "bytes/crop", "peak MB", "stage is faster", "its CPU", "its bytes")
    for column in heads:
        table.add_column(column, justify="right" if column else "left")
    stage = middle["spark"]
    for name, one in middle.items():
        rates = (images / one["seconds"], crops / one["seconds"])
        ratios = (one[key] / stage[key] for key in ("seconds", "cpu", "bytes"))
        cells = [f"{one['seconds']:.2f}", *(f"{rate:,.0f}" for rate in rates), f"{1000 * one['cpu'] / images:.2f}"]
        cells += [f"{one['bytes'] / crops:,.0f}", f"{one['peak_mb']:,.0f}", *(f"{ratio:.2f} x" for ratio in ratios)]
        table.add_row(name, *cells)
    Console(width=150).print(table)
    print(f"apart from the stage's figures: {stage['checks']:.1f} s for the expectations on its table")


if __name__ == "__main__":
    main()
