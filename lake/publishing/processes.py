"""Names for processes that no two ever share, whether the process of such a name has ended, and processes that end together."""

import ctypes
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

SHARED_FOLDER = "CENTREPIECE_SHARED_TMPDIR"
"""Environment variable that holds the temporary folder of all commands, where one has a folder of its own."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def this_process() -> str:
    """Name this process: host, process namespace, process id and when it started."""
    return f"{_host()}:{os.getpid()}:{started_at(os.getpid())}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine that has ended; False where that cannot be known.

    Args:
        holder: What `this_process` returned there.
    """
    host, pid, started = holder.rsplit(":", 2)
    return host == _host() and ended(int(pid), started)


def started_at(pid: int) -> str:
    """Return when a process of this machine started, in ticks since the machine did; `ended` or `unknown` where it cannot be told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return "ended" if Path("/proc/self/stat").exists() else "unknown"
    except OSError:
        return "unknown"


def ended(pid: int, started: str) -> bool:
    """Whether a process of this machine has ended; False where that cannot be known.

    Args:
        pid: Its process id, which another process may have by now.
        started: What `started_at` returned while it lived.
    """
    return started_at(pid) not in (started, "unknown")


def die_with(parent: int) -> None:
    """Let the system kill this process when the thread that started it ends; does nothing where the system cannot (macOS).

    Args:
        parent: Process id of who started this one; where that is dead already, this process ends at once.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _host() -> str:
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = "no /proc"
    return f"{socket.gethostname()} {namespace}"
