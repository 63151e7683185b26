"""How fast a COCO file becomes a table, and in how much memory: the stage and its peers in turn, each a process of its own.

Run: python -m benchmarks.ingest_rate FOLDER [--instances 860000] [--rounds 1] [--peers peers/bin/python] [--only ours,pycocotools]

The file and its images are made by `benchmarks.coco_file` unless FOLDER holds them already. Every contender parses the file,
reads and hashes each image, rasterises each object and writes a row of it, from files that were read just before; the stage
moreover finds parts, holes and centres, rejects, checks its rows and publishes them. `benchmarks/ingest_peers.py` says what each
peer does and how to install them. Prints the median of the rounds: seconds without and with the start of a Spark session,
instances a second, peak memory of the process tree (`benchmarks/process_tree.py`), and the ratio of each one's time to the stage's.
"""

import argparse
import json
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.coco_file import write_coco_file
from benchmarks.process_tree import run_watched

OURS = "ours"
PEERS = ("pycocotools", "pycocotools-pool", "datumaro", "fiftyone")
THREADS = 2


def run(name: str, python: str, folder: Path, out: Path) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    shutil.rmtree(out, ignore_errors=True)
    for path in (folder / "instances.json", *(folder / "images").iterdir()):
        path.read_bytes()  # none of them waits for the disk
    program = ["-m", "benchmarks.ingest_ours"] if name == OURS else [str(Path(__file__).parent / "ingest_peers.py"), name]
    done = run_watched([python, *program, str(folder), str(out), *([str(THREADS)] if name == OURS else [])])
    figures: dict[str, Any] = json.loads(done.output.strip().splitlines()[-1])
    return {**figures, "whole": done.seconds, "peak": done.peak_bytes, "cpu": done.cpu_s}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--instances", type=int, default=860_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", help="the Python of the peers' environment; without it only ours is run")
    parser.add_argument("--only", help="names, joined by commas")
    wanted = parser.parse_args()
    if not (wanted.folder / "instances.json").exists():
        write_coco_file(wanted.folder, instances=wanted.instances)
    names = [name for name in (OURS, *(PEERS if wanted.peers else ())) if not wanted.only or name in wanted.only.split(",")]
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(wanted.rounds):
        for name in names:
            found = run(name, sys.executable if name == OURS else wanted.peers, wanted.folder, wanted.folder / "out")
            rounds[name].append(found)
            print(name, json.dumps(found), file=sys.stderr, flush=True)
    show(rounds)


def show(rounds: dict[str, list[dict[str, Any]]]) -> None:
    """Print one row a contender."""
    table = Table(title=f"median of {len(next(iter(rounds.values())))} rounds")
    for column in ("", "rows", "s", "start s", "whole s", "rows/s", "CPU s", "peak MiB", "time vs ours", "whole vs ours"):
        table.add_column(column, justify="right" if column else "left")
    ours = rounds.get(OURS) or next(iter(rounds.values()))
    for name, done in rounds.items():
        rows, seconds, start, whole, cpu, peak = (_median(done, key) for key in ("rows", "seconds", "start", "whole", "cpu", "peak"))
        ratios = (seconds / _median(ours, "seconds"), whole / _median(ours, "whole"))
        figures = (
            f"{rows:,.0f}",
            f"{seconds:.1f}",
            f"{start:.1f}",
            f"{whole:.1f}",
            f"{rows / seconds:,.0f}",
            f"{cpu:.0f}",
            f"{peak / 2**20:,.0f}",
        )
        table.add_row(name, *figures, *(f"{ratio:.2f}" for ratio in ratios))
    Console(width=140).print(table)


def _median(done: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(one[key] for one in done))


if __name__ == "__main__":
    main()
