"""A mask in, the ways in which annotation tools pack it out: cut to its box, as PNG in base64, as runs by row, as a brush."""

import base64

import numpy as np

from demo.camera import png
from demo.scenes import Thing
from imaging.masks.rle import Mask

_RUN_BITS = (3, 4, 8, 16)  # the sizes that a brush's runs may have
_LONGEST = 1 << _RUN_BITS[-1]


def cut_to_box(thing: Thing) -> Mask:
    """Return the part of a thing's mask that lies in its box."""
    x, y, width, height = thing.box
    return np.ascontiguousarray(thing.mask[y : y + height, x : x + width])


def base64_png(mask: Mask, *, value: int) -> str:
    """Encode (H, W) bool as a gray PNG of 0 and `value`, in base64."""
    return base64.b64encode(png(mask.astype(np.uint8) * np.uint8(value))).decode("ascii")


def row_runs(mask: Mask) -> list[int]:
    """Return run lengths row by row, background first: (N,) that sum to the mask's size."""
    values = mask.ravel()
    borders = np.flatnonzero(values[1:] != values[:-1]) + 1
    runs = np.diff(np.concatenate([[0], borders, [values.size]])).tolist()
    return [0, *runs] if values[0] else list(runs)


def brush(mask: Mask) -> list[int]:
    """Encode a mask as Label Studio's brush code over RGBA pixels whose four samples are 255 inside.

    Args:
        mask: (H, W) bool.

    Source: github.com/thi-ng/umbrella, packages/rle-pack: 32 bits of length, 5 bits of word size less 1, four times 4
    bits of run size less 1, then blocks: 1 for a repeated word, 2 bits of run size, the run's length less 1, the word.
    """
    bits = [f"{4 * mask.size:032b}", f"{8 - 1:05b}", *(f"{size - 1:04b}" for size in _RUN_BITS)]
    inside = False
    for run in row_runs(mask):
        bits += [_block(length, 255 if inside else 0) for length in _pieces(4 * run)]
        inside = not inside
    code = "".join(bits)
    code += "0" * (-len(code) % 8)
    return [int(code[place : place + 8], 2) for place in range(0, len(code), 8)]


def _pieces(run: int) -> list[int]:
    whole, rest = divmod(run, _LONGEST)
    return [_LONGEST] * whole + ([rest] if rest else [])


def _block(length: int, word: int) -> str:
    kind = next(place for place, size in enumerate(_RUN_BITS) if length <= 1 << size)
    return f"1{kind:02b}{length - 1:0{_RUN_BITS[kind]}b}{word:08b}"
