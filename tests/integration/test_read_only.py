"""Everything runs as a user without rights to write: code that is read-only, no home, no cache of machine code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from centrepiece.packages import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PROGRAM = """
import importlib, os, pkgutil, sys
from pathlib import Path

code = Path(sys.argv[1])
assert os.getuid() != 0 and not os.access(code, os.W_OK) and not os.access(code / "imaging", os.W_OK)
modules = [found.name for package in sys.argv[2:] for found in pkgutil.walk_packages([str(code / package)], f"{package}.")]
for name in modules:
    if name != "centrepiece.__main__":
        assert Path(importlib.import_module(name).__file__).is_relative_to(code), name

import numpy as np
import pyarrow as pa
from evaluation.metrics.edges import edge_precision_recall
from imaging.masks.masks import bitmap_runs
from imaging.masks.lookup import look_up
from imaging.masks.masks import decode, encode
from imaging.masks.polygon_rle import polygons_to_runs
from jobs.crop.warmup import load_kernels

load_kernels()
mask = np.zeros((9, 12), bool)
mask[2:7, 3:8] = True
assert (decode(encode(mask), 9, 12) == mask).all()
assert look_up(pa.chunked_array([[encode(mask)]]), np.array([3 * 9 + 2]))[0].tolist() == [25]
assert bitmap_runs(mask, 0, 0, 9, 12).sum() == 9 * 12
assert edge_precision_recall(mask, mask, tolerance=2).f == 1
print(len(modules), "modules")
"""


def as_nobody(command: list[str]) -> list[str]:
    """Return a command that runs as a user without rights: this one or, for root, one who can read everything and write nothing.

    Root's own interpreter may lie where nobody else may look; the one capability that is left lets it be read, and no more.
    """
    if os.getuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed: a test run by root cannot become another user")
    only = "-all,+dac_read_search"
    return [
        *(setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={only}", f"--ambient-caps={only}"),
        *(f"--bounding-set={only}", "--no-new-privs", *command),
    ]


@pytest.mark.slow
def test_every_module_loads_and_every_kind_of_kernel_runs(tmp_path: Path) -> None:
    code = tmp_path / "code"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [code, *code.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(code), "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    command = as_nobody([sys.executable, "-c", PROGRAM, str(code), *PACKAGES])
    try:
        ran = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=600, check=False)
    finally:
        for path in [code, *code.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert int(ran.stdout.split()[0]) > 250
