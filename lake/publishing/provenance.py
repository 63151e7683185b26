"""Nothing in, the commit of the running code out."""

import functools
import os
from pathlib import Path

UNKNOWN = "unknown"


@functools.cache
def code_commit() -> str:
    """Return the commit of the running code: `CENTREPIECE_COMMIT`, or the checkout's, or `unknown` outside of one."""
    return os.environ.get("CENTREPIECE_COMMIT") or commit_of(Path(__file__).resolve().parent.parent.parent)


def commit_of(checkout: Path) -> str:
    """Return the commit that a git checkout stands at, read from its files; `unknown` where it is none."""
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
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), UNKNOWN)
    except OSError:
        return UNKNOWN
