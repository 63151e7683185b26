"""Waits for a command to end, however it ends, and clears up behind it: the processes that it started and its temporary folder.

It runs as a script, without our packages: `python watcher.py FOLDER`. Its standard input is a pipe from the command, which closes
when the command ends. What belongs to a command has the folder in its environment.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "CENTREPIECE_RUN"
"""Environment variable that holds the folder of the command that a process belongs to."""

LEAVE_S = 10.0
"""For processes to end by themselves after their command has: Spark's JVM removes its files then, and a server its socket."""

_POLL_S = 0.05


def clear_up(folder: Path, *, leave_s: float) -> None:
    """End what belongs to a command that has ended, and remove its folder.

    Args:
        folder: Of the command.
        leave_s: How long its processes may take to end by themselves, in seconds.
    """
    until = time.monotonic() + leave_s
    while (left := processes_of(folder)) and time.monotonic() < until:
        time.sleep(_POLL_S)
    for _ in range(3):  # one that is ended may just have started another
        for process in left:
            _kill(process)
        if not (left := processes_of(folder)):
            break
        time.sleep(_POLL_S)
    shutil.rmtree(folder, ignore_errors=True)


def processes_of(folder: Path) -> list[int]:
    """Return the ids of the processes that belong to a command, this one apart; none where the system has no /proc."""
    mark = f"{MARK}={folder}".encode()
    return [process for process in _processes() if process != os.getpid() and mark in _environment(process)]


def _processes() -> list[int]:
    proc = Path("/proc")
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()] if proc.is_dir() else []


def _environment(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:  # somebody else's, or gone
        return []


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except OSError:
        return


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    was_told = sys.stdin.buffer.read()  # until the command ends
    clear_up(Path(sys.argv[1]), leave_s=LEAVE_S if was_told else 0.0)
