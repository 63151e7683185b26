"""Say which code made something: the commit of the checkout that runs, or the installed version."""

import functools
import importlib.metadata
import os
import subprocess
from pathlib import Path

UNKNOWN = "unknown"
DIRTY = "+dirty"
"""Ends the commit of a checkout whose files differ from it."""
_GIT_S = 10.0


@functools.cache
def code_commit() -> str:
    """Return the commit of the running code; worked out once a process.

    It is `CENTREPIECE_COMMIT`, else the checkout's, which ends with `+dirty` where tracked files were changed, else the
    installed version (`0.1.dev263+g925106f` names its commit, a release its tag), else `unknown`.
    """
    given = os.environ.get("CENTREPIECE_COMMIT")
    return given or checkout_commit(Path(__file__).resolve().parent.parent.parent) or _installed_version()


def checkout_commit(checkout: Path) -> str | None:
    """Return the commit that a git checkout stands at, with `+dirty` where tracked files differ from it; None where it is none.

    The commit is read from git's files. Without the program `git` it cannot be told whether the tree is dirty: then it
    counts as clean.

    Args:
        checkout: The folder that holds `.git`.
    """
    commit = _head(checkout)
    return commit and commit + (DIRTY if _is_dirty(checkout) else "")


def _head(checkout: Path) -> str | None:
    folder = checkout / ".git"
    try:
        if folder.is_file():  # a worktree's .git names the real folder
            folder = Path(checkout, folder.read_text().removeprefix("gitdir:").strip())
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref:"):
            return head
        name = head.removeprefix("ref:").strip()
        shared = folder / "commondir"
        root = folder / shared.read_text().strip() if shared.exists() else folder
        if (root / name).exists():
            return (root / name).read_text().strip()
        packed = (root / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None


def _is_dirty(checkout: Path) -> bool:
    command = ["git", "-C", str(checkout), "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"]
    try:
        said = subprocess.run(command, capture_output=True, timeout=_GIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and bool(said.stdout.strip())


def _installed_version() -> str:
    try:
        return importlib.metadata.version("centrepiece")
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN
