"""How fast crops are cut: the stage, its parts, the peers and the limit, in turn, each a process of its own.

Run: python -m benchmarks.crop_rate FOLDER [--images 1200] [--rounds 3] [--peers peers/bin/python] [--only spark,limit]

Prints, for each, the median of its rounds: images and crops per second, CPU per image, bytes per crop, peak memory, and
the ratio of its wall time and of its CPU to the stage's. `benchmarks/crop_peers.py` says how to install the peers.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.crop_set import crop_set

OURS = ("limit", "spark", "pool", "transform-pool")
PEERS = ("opencv-pool", "opencv-loop", "pillow-pool", "pillow-loop", "datasets", "supervision", "datumaro")


def run(name: str, python: str, folder: Path, out: Path, workers: int) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    program = ["-m", "benchmarks.crop_contenders"] if name in OURS else [str(Path(__file__).parent / "crop_peers.py")]
    command = [python, *program, name, str(folder), str(out), str(workers)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peers", help="the Python of the peers' environment; without it only ours are run")
    parser.add_argument("--only", help="names, joined by commas")
    arguments = parser.parse_args()
    folder = crop_set(arguments.folder, arguments.images)
    crops = pq.read_metadata(folder / "plan.parquet").num_rows
    names = [*OURS, *(PEERS if arguments.peers else ())]
    names = [name for name in names if not arguments.only or name in arguments.only.split(",")]
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            python = sys.executable if name in OURS else arguments.peers
            rounds[name].append(run(name, python, folder, arguments.folder / "out", arguments.workers))
    show(rounds, arguments.images, crops)


def show(rounds: dict[str, list[dict[str, Any]]], images: int, crops: int) -> None:
    """Print one row a contender."""
    table = Table(title=f"{images:,} images, {crops:,} crops, median of {len(next(iter(rounds.values())))} rounds")
    for column in ("", "s", "images/s", "crops/s", "CPU ms/image", "bytes/crop", "peak MB", "wall vs stage", "CPU vs stage"):
        table.add_column(column, justify="right" if column else "left")
    middle = {name: {key: statistics.median(one[key] for one in done) for key in done[0] if key != "name"} for name, done in rounds.items()}
    stage = middle.get("spark") or next(iter(middle.values()))
    for name, one in middle.items():
        figures = (one["seconds"], images / one["seconds"], crops / one["seconds"], 1000 * one["cpu"] / images, one["bytes"] / crops)
        ratios = (one["seconds"] / stage["seconds"], one["cpu"] / stage["cpu"])
        row = [f"{figures[0]:.2f}", *(f"{figure:,.0f}" for figure in figures[1:3]), f"{figures[3]:.2f}", f"{figures[4]:,.0f}"]
        table.add_row(name, *row, f"{one['peak_mb']:,.0f}", *(f"{ratio:.2f}" for ratio in ratios))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
