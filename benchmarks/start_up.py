"""What a command costs before it does anything: each command of a pipeline whose results all stand, and Spark's own start.

    python -m benchmarks.start_up PIPELINE [ROUNDS]

PIPELINE is a pipeline's file; it is run to its end first, unmeasured. Then commands run in turn, ROUNDS times (5), each in a
process of its own beside `python -c pass`, the limit; printed are the median wall time, the median CPU time of the process, and
the goal for an idle machine. Spark's start is measured from the import to the first piece of work done, with the archive of its
classes and without one.
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


def cost(arguments: list[str], **environment: str) -> tuple[float, float]:
    """Return wall and CPU seconds of a Python process and its children that have ended."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, **environment})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(pipeline: str, rounds: int) -> None:
    """Print the table."""
    costs: dict[str, list[tuple[float, float]]] = {}
    cost(["-m", "centrepiece", "run", pipeline])
    with tempfile.TemporaryDirectory() as kept:
        cost(["-c", SPARK, pipeline], XDG_CACHE_HOME=kept)  # writes the archive
        for number in range(rounds):
            for name, (arguments, _) in COMMANDS.items():
                costs.setdefault(name, []).append(cost([pipeline if word == "PIPELINE" else word for word in arguments]))
            costs.setdefault("Spark, from the archive", []).append(cost(["-c", SPARK, pipeline], XDG_CACHE_HOME=kept))
            (Path(kept) / f"none{number}").touch()  # no folder for an archive: the JVM starts without one
            costs.setdefault("Spark, without", []).append(cost(["-c", SPARK, pipeline], XDG_CACHE_HOME=f"{kept}/none{number}"))
    table = Table("command", "wall, s", "CPU, s", "goal, s")
    goals = {name: goal for name, (_, goal) in COMMANDS.items()} | {"Spark, from the archive": SPARK_GOAL}
    for name, found in costs.items():
        wall, cpu = (median(pair[index] for pair in found) for index in (0, 1))
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", "" if goals.get(name) is None else f"{goals[name]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
