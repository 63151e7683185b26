"""Names for processes that no two ever share, whether the process of such a name has ended, and processes that end together."""

import ctypes
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def this_process() -> str:
    """Name this process: host, process namespace, process id and when it started."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine that has ended; False where that cannot be known.

    Args:
        holder: What `this_process` returned there.
    """
    host, pid, started = holder.rsplit(":", 2)
    return host == _host() and _started(int(pid)) not in (started, "unknown")


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


def _started(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return "ended" if Path("/proc/self/stat").exists() else "unknown"
    except OSError:
        return "unknown"
