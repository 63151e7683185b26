"""What a command costs before it does anything: each command of a pipeline whose results all stand, and Spark's own start.

    python -m benchmarks.start_up PIPELINE [ROUNDS [CHECKOUT]]

PIPELINE is a pipeline's file; it is run to its end first, unmeasured. Then commands run in turn, ROUNDS times (5), each in a
process of its own beside `python -c pass`, the limit; printed are the median wall time, the median CPU time of the process, and
the goal for an idle machine. Spark's start is measured from the import to the first piece of work done, with the archive of its
classes and without one; the JVM's own CPU time is not counted. With a CHECKOUT of another state of the code each command runs by it,
too, right before; then it is told how many times as fast this one is, by the wall and by the CPU.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

COMMANDS: dict[str, tuple[list[str], float | None]] = {
    "python -c pass": (["-c", "pass"], None),
    "--help": (["-m", "centrepiece", "--help"], 0.3),
    "sql": (["-m", "centrepiece", "sql", "PIPELINE", "SELECT count(*) FROM crops"], 0.8),
    "label": (["-m", "centrepiece", "label", "PIPELINE"], 1.0),
    "balance": (["-m", "centrepiece", "balance", "PIPELINE"], 1.0),
    "crop": (["-m", "centrepiece", "crop", "PIPELINE"], 1.0),
    "ingest": (["-m", "centrepiece", "ingest", "PIPELINE"], 2.0),
    "run": (["-m", "centrepiece", "run", "PIPELINE"], 5.0),
}
SPARK = """
import sys
from pathlib import Path
from jobs.spark.workers import SparkWorkers
from lake.pipeline_file import load_pipeline
assert SparkWorkers(load_pipeline(Path(sys.argv[1]))).map([1, 2], str) == ["1", "2"]
"""
SPARK_GOAL = 4.0
HERE = Path(__file__).resolve().parent.parent


def cost(arguments: list[str], checkout: Path = HERE, **environment: str) -> tuple[float, float]:
    """Return wall and CPU seconds of a Python process, with the code of a checkout, and of its children that have ended."""
    settings = {**os.environ, "PYTHONPATH": str(checkout), **environment}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=settings, cwd=checkout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(pipeline: str, rounds: int, other: Path | None) -> None:
    """Print the table."""
    costs: dict[str, list[tuple[float, float]]] = {}
    by_other: dict[str, list[tuple[float, float]]] = {}

    def measure(name: str, arguments: list[str], **environment: str) -> None:
        if other is not None:
            by_other.setdefault(name, []).append(cost(arguments, other, **environment))
        costs.setdefault(name, []).append(cost(arguments, HERE, **environment))

    cost(["-m", "centrepiece", "run", pipeline])
    with tempfile.TemporaryDirectory() as kept:
        cost(["-c", SPARK, pipeline], XDG_CACHE_HOME=kept)  # writes the archive
        for number in range(rounds):
            for name, (arguments, _) in COMMANDS.items():
                measure(name, [pipeline if word == "PIPELINE" else word for word in arguments])
            measure("Spark, from the archive", ["-c", SPARK, pipeline], XDG_CACHE_HOME=kept)
            (Path(kept) / f"none{number}").touch()  # no folder for an archive: the JVM starts without one
            measure("Spark, without", ["-c", SPARK, pipeline], XDG_CACHE_HOME=f"{kept}/none{number}")
    Console().print(_table(costs, by_other))


def _table(costs: dict[str, list[tuple[float, float]]], by_other: dict[str, list[tuple[float, float]]]) -> Table:
    compared = ("before, s", "CPU, s", "times as fast", "by the CPU") if by_other else ()
    table = Table("command", "wall, s", "CPU, s", "goal, s", *compared)
    goals = {name: goal for name, (_, goal) in COMMANDS.items()} | {"Spark, from the archive": SPARK_GOAL}
    for name, found in costs.items():
        wall, cpu = _medians(found)
        row = [name, f"{wall:.2f}", f"{cpu:.2f}", "" if goals.get(name) is None else f"{goals[name]:.1f}"]
        if by_other:
            before, cpu_before = _medians(by_other[name])
            row += [f"{before:.2f}", f"{cpu_before:.2f}", f"{before / wall:.2f}", f"{cpu_before / cpu:.2f}"]
        table.add_row(*row)
    return table


def _medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    return median(wall for wall, _ in found), median(cpu for _, cpu in found)


if __name__ == "__main__":
    main(
        str(Path(sys.argv[1]).resolve()),
        int(sys.argv[2]) if len(sys.argv) > 2 else 5,
        Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None,
    )
