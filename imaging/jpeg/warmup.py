"""Loads the compiled code that scans JPEG data; one process compiles it where it is not on disk yet."""

import functools

import numpy as np

from imaging.jpeg.crop import check_scan
from imaging.jpeg.header import parse_jpeg
from imaging.jpeg.turbo import encode_jpeg
from imaging.kernels import compiling_alone

_SIDE = 8


@functools.cache
def load_scan() -> None:
    """Scan a tiny image, while no other process does: so each kernel is compiled once on a machine."""
    data = encode_jpeg(np.zeros((_SIDE, _SIDE, 3), np.uint8), quality=90)
    with compiling_alone():
        check_scan(data, parse_jpeg(data))
