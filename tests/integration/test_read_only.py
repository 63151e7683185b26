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
import importlib, io, os, pkgutil, sys
from contextlib import suppress
from pathlib import Path

code = Path(sys.argv[1])
assert os.getuid() != 0 and not os.access(code, os.W_OK) and not os.access(code / "imaging", os.W_OK)
modules = [found.name for package in sys.argv[2:] for found in pkgutil.walk_packages([str(code / package)], f"{package}.")]
for name in modules:
    if name != "centrepiece.__main__":
        assert Path(importlib.import_module(name).__file__).is_relative_to(code), name

import numpy as np
import pyarrow as pa
from PIL import Image
from evaluation.metrics.edges import edge_precision_recall
from evaluation.statistics.bootstrap import bootstrap_means
from imaging.kernels import Kernel
from imaging.masks.bitmap_rle import bitmap_runs
from imaging.masks.lookup import look_up
from imaging.masks.masks import decode, encode
from imaging.masks.polygon_rle import polygons_to_runs
from imaging.masks.properties import describe_runs
from jobs.crop.warmup import load_kernels
from jobs.sources.files.json_spans import element_spans, member_spans
from jobs.sources.formats.coco.columns import read_columns
from jobs.sources.rasters.brush_runs import decode_brush
from jobs.sources.rasters.bitmaps import MalformedBitmapError
from jobs.sources.rasters.png_maps import decode_plain_png
from jobs.sources.rasters.regions import find_regions

load_kernels()
mask = np.zeros((9, 12), bool)
mask[2:7, 3:8] = True
assert (decode(encode(mask), 9, 12) == mask).all()
assert look_up(pa.chunked_array([[encode(mask)]]), np.array([3 * 9 + 2]))[0].tolist() == [25]
assert bitmap_runs(mask, 0, 0, 9, 12).sum() == 9 * 12
square = np.array([3, 2, 8, 2, 8, 7, 3, 7], np.float64)
drawn, offsets, _ = polygons_to_runs(square, np.array([0, 8]), np.array([0, 1]), np.array([9]), np.array([12]))
_, text, _ = describe_runs(drawn, offsets, np.array([9]))
assert drawn.sum() == 9 * 12 and drawn[1::2].sum() >= 25 and text.size
assert edge_precision_recall(mask, mask, tolerance=2).f == 1
assert (bootstrap_means(np.ones(3), np.ones(3, np.int64), draws=2, seed=0) == 1).all()

text = b'{"annotations": [{"id": 7, "image_id": 1, "category_id": 2, "iscrowd": 0, "segmentation": [[0, 0, 4, 0, 4, 3]]}]}'
document = np.frombuffer(text, np.uint8)
elements = element_spans(document, member_spans(document, "it")["annotations"], "it")
columns = read_columns(document, elements.starts, elements.ends)
assert elements.ids.tolist() == columns.ids.tolist() == [7] and columns.points.tolist() == [0, 0, 4, 0, 4, 3]

file = io.BytesIO()
Image.fromarray(mask.astype(np.uint8)).save(file, "png")
assert (decode_plain_png(file.getvalue()) == mask).all()
assert [int(region.counts[1::2].sum()) for region in find_regions(mask.astype(np.uint8), np.zeros(2, bool))] == [83, 25]
with suppress(MalformedBitmapError):
    decode_brush(np.zeros(9, np.uint8), 9, 12)

kernels = [item for module in list(sys.modules.values()) for item in vars(module).values() if isinstance(item, Kernel)]
ours = {item.py_func.__module__ for item in kernels} & set(modules)
idle = ours - {item.py_func.__module__ for item in kernels if item.compiled.signatures}
assert len(ours) > 10 and not idle, f"no kernel has run of {sorted(idle)}"
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
