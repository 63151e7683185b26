"""Loads the compiled code of the crop stage; one process compiles it where it is not on disk yet."""

import functools
from typing import Any

import pyarrow as pa

from imaging.jpeg.warmup import load_scan
from imaging.kernels import compiling_alone
from jobs.crop.window_masks import cut_windows
from lake.dispositions import KEPT

_SIDE = 8


@functools.cache
def load_kernels() -> None:
    """Cut one crop of a tiny image, while no other process does: so each kernel is compiled once on a machine."""
    load_scan()
    names: dict[str, list[Any]] = {"instance_id": ["one"], "image_id": ["one"]}
    plan = {**names, "window_left": [0], "window_top": [0], "window_width": [_SIDE], "window_height": [_SIDE], "owns_centre": [True]}
    instance = {**names, "box_x": [0], "box_y": [0], "box_width": [_SIDE], "box_height": [_SIDE], "disposition": [KEPT]}
    instance |= {"geometry": ["0P2"], "image_height": [_SIDE], "image_width": [_SIDE]}  # no pixel outside, then 64 inside
    with compiling_alone():
        cut_windows(pa.table(plan), pa.table(instance))
