"""A command run to its end, the most memory that it and all its descendants held at one moment, and their processor time.

Memory is proportional set size (`smaps_rollup` of Linux) added up over the process tree: driver, JVM and Python workers; a page that
several of them share, such as the mapped annotation file, counts once. It is looked at four times a second; processor time is
what each process had used when it was last seen.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command printed, how long it took, and its peak memory in bytes."""

    output: str
    seconds: float
    peak_bytes: int
    cpu_s: float


def run_watched(command: Sequence[str]) -> Finished:
    """Run a command and watch it.

    Raises:
        SystemExit: The command failed.
    """
    began = time.perf_counter()
    peak, used = 0, dict[int, float]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            tree = [process.pid, *_below(process.pid)]
            peak = max(peak, sum(map(_share, tree)))
            used.update((one, seconds) for one in tree if (seconds := _cpu_seconds(one)))
            time.sleep(_PAUSE_S)
        output, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{errors[-3000:]}")
    return Finished(output, time.perf_counter() - began, peak, sum(used.values()))


def _below(process: int) -> Iterator[int]:
    try:
        tasks = list(Path("/proc", str(process), "task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from _below(child)


def _share(process: int) -> int:
    try:
        text = Path("/proc", str(process), "smaps_rollup").read_text()
    except OSError:
        return 0
    return 1024 * next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _cpu_seconds(process: int) -> float:
    try:
        fields = Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
