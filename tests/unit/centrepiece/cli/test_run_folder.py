"""Behind a command that is killed nothing is left, neither processes nor temporary files; behind one that ends neither."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from centrepiece.cli.run_folder import PREFIX, sweep
from centrepiece.cli.watcher import MARK, clear_up, processes_of

COMMAND = """
import subprocess, sys, tempfile
from centrepiece.cli.run_folder import run_folder
with run_folder() as folder:
    tempfile.mkdtemp()
    child = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
    print(child.pid, folder, flush=True)
    sys.stdin.readline()
child.terminate()
"""


def awaited(fact: Callable[[], bool]) -> bool:
    """Wait until something is so, for a minute at most."""
    until = time.monotonic() + 60
    while not fact() and time.monotonic() < until:
        time.sleep(0.02)
    return fact()


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def begun(tmp_path: Path) -> tuple["subprocess.Popen[str]", int, Path]:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = subprocess.Popen([sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert command.stdout is not None
    child, folder = command.stdout.readline().split()
    return command, int(child), Path(folder)


@pytest.mark.parametrize("is_killed", [True, False])
def test_whatever_ends_a_command_its_processes_and_its_folder_go(tmp_path: Path, is_killed: bool) -> None:
    command, child, folder = begun(tmp_path)
    assert folder.parent == tmp_path and len(list(folder.iterdir())) == 1
    assert awaited(lambda: child in processes_of(folder))  # a process that has just begun may not tell its environment yet
    if is_killed:
        command.kill()
    command.communicate("go on\n")
    assert awaited(lambda: not is_running(child) and not list(tmp_path.iterdir()))


def test_what_a_watcher_could_not_clear_up_the_next_command_does(tmp_path: Path) -> None:
    command, child, folder = begun(tmp_path)
    for process in [*_children(command.pid, "watcher.py"), command.pid]:
        os.kill(process, signal.SIGKILL)
    command.communicate()
    assert folder.exists() and is_running(child)
    other = tmp_path / f"{PREFIX}{os.getpid()}-0"
    mine = tmp_path / "centrepiece-run-of-somebody"
    for path in (other, mine):
        path.mkdir()
    sweep(tmp_path)
    assert awaited(lambda: not is_running(child))
    assert {path.name for path in tmp_path.iterdir()} == {mine.name}


def test_what_belongs_to_another_command_stays(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: f"{tmp_path}/other"}) as child:
        (tmp_path / "one").mkdir()
        clear_up(tmp_path / "one", leave_s=0)
        assert child.poll() is None
        clear_up(tmp_path / "other", leave_s=0)
        assert child.wait(60) == -signal.SIGKILL


def _children(parent: int, script: str) -> list[int]:
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(process) for process in told if script.encode() in Path(f"/proc/{process}/cmdline").read_bytes()]
