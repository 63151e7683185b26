"""Nothing in, the compiled code of the crop stage loaded out: compiled by one process where it is not on disk yet."""

import functools

import numpy as np
import pyarrow as pa

from jobs.crop_masks import KEPT, cut_windows
from jobs.entropy_crop import entropy_crop
from lake.jpeg_header import parse_jpeg
from lake.kernels import compiling_alone
from lake.libjpeg import encode_jpeg
from lake.orientation import Box

_SIDE = 8


@functools.cache
def load_kernels() -> None:
    """Cut one crop of a tiny picture, while no other process does: so each kernel is compiled once on a machine."""
    data = encode_jpeg(np.zeros((_SIDE, _SIDE, 3), np.uint8), quality=90)
    whole = {"left": 0, "top": 0, "width": _SIDE, "height": _SIDE}
    plan = {f"window_{side}": [value] for side, value in whole.items()}
    plan |= {"instance_id": ["one"], "image_id": ["one"], "owns_centre": [True]}
    instance = {"box_x": [0], "box_y": [0], "box_width": [_SIDE], "box_height": [_SIDE]}
    instance |= {"instance_id": ["one"], "image_id": ["one"], "image_height": [_SIDE], "image_width": [_SIDE]}
    instance |= {"geometry": ["0P2"], "disposition": [KEPT]}  # no pixel outside, then 64 inside
    with compiling_alone():
        cut_windows(pa.table(plan), pa.table(instance))
        entropy_crop(data, parse_jpeg(data), [Box(0, 0, _SIDE, _SIDE)])
