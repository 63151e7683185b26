"""A temporary folder of a command's own, and somebody who clears up behind it, also when it is killed."""

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from centrepiece.cli import watcher
from lake.publishing.processes import SHARED_FOLDER, ended, started_at

PREFIX = "centrepiece-run-"
"""Of the folder's name, before the process id and the start of its command."""

_of_this_process: list[Path] = []


@contextmanager
def run_folder() -> Iterator[Path]:
    """Put whatever is temporary inside the block into one folder, which is gone soon after this process.

    So is every process that is started inside the block: those that a killed command leaves are killed. What killed commands and
    their watchers have left before is cleared up first.
    """
    base = os.environ.get(SHARED_FOLDER) or tempfile.gettempdir()
    sweep(Path(base))
    folder = _folder(Path(base))
    settings = {watcher.MARK: str(folder), "TMPDIR": str(folder), SHARED_FOLDER: base}
    before, before_here = {name: os.environ.get(name) for name in settings}, tempfile.tempdir
    os.environ.update(settings)
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before_here
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def sweep(base: Path) -> None:
    """Clear up behind commands of this user that have ended, and whose watcher was killed as well."""
    for folder in base.glob(f"{PREFIX}*"):
        process, _, start = folder.name.removeprefix(PREFIX).partition("-")
        with suppress(OSError):
            if process.isdigit() and folder.stat().st_uid == os.getuid() and ended(int(process), start):
                watcher.clear_up(folder, leave_s=0)


def _folder(base: Path) -> Path:
    if not _of_this_process:
        folder = base / f"{PREFIX}{os.getpid()}-{started_at(os.getpid())}"
        folder.mkdir(mode=0o700, exist_ok=True)
        _of_this_process.append(folder)
        _watch(folder)
    return _of_this_process[0]


def _watch(folder: Path) -> None:
    """Start the watcher: in a session of its own, without our terminal, and with nothing of this process's but a pipe."""
    environment = {name: value for name, value in os.environ.items() if name != watcher.MARK}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", watcher.__file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    atexit.register(_tell, process)


def _tell(process: subprocess.Popen[bytes]) -> None:
    """Say that this process ends as it should: what it has started may take its time."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.write(b"ends")
            process.stdin.close()
    process.returncode = 0  # it outlives this process, which is no reason for a warning
