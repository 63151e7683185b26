"""The ways in which annotation tools pack masks and documents: PNGs, base64, numbers as RGB, runs by row, brushes, JSON."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.camera import png
from demo.scenes import Thing
from imaging.masks.rle import Mask

_RUN_BITS = (3, 4, 8, 16)  # the sizes that a brush's runs may have
_LONGEST = 1 << _RUN_BITS[-1]


def write_json(path: Path, document: Any, *, indent: int | None = None) -> Path:
    """Write a document, and the folder for it, and return its path; with an indent it ends in a line break."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=indent) + ("\n" if indent else ""), encoding="utf-8")
    return path


def write_png(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write (H, W, 3) RGB or (H, W) gray, and the folder for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(pixels))


def cut_to_box(thing: Thing) -> Mask:
    """Return the part of a thing's mask that lies in its box."""
    x, y, width, height = thing.box
    return np.ascontiguousarray(thing.mask[y : y + height, x : x + width])


def in_base64(data: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(data).decode("ascii")


def gray(mask: Mask, value: int = 255) -> npt.NDArray[np.uint8]:
    """Return a mask (H, W) as `value` inside and 0 outside."""
    return mask.astype(np.uint8) * np.uint8(value)


def as_rgb(numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return numbers (H, W) of 24 bits as (H, W, 3): R + 256 G + 65536 B."""
    return np.stack([(numbers >> shift) & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)


def runs(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the value and the length of every run of equal values, row by row, of an array of any shape."""
    flat = values.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    return flat[starts], np.diff(np.append(starts, flat.size))


def row_runs(mask: Mask) -> list[int]:
    """Return run lengths row by row, background first, that sum to the size of the mask (H, W)."""
    values, lengths = runs(mask)
    return [0, *lengths.tolist()] if values[0] else list(lengths.tolist())


def brush(mask: Mask) -> list[int]:
    """Encode a mask as Label Studio's brush code over RGBA pixels whose four samples are 255 inside.

    Args:
        mask: (H, W) bool.

    Source: github.com/thi-ng/umbrella, packages/rle-pack: 32 bits of length, 5 bits of word size less 1, four times 4
    bits of run size less 1, then blocks: 1 for a repeated word, 2 bits of run size, the run's length less 1, the word.
    """
    bits = [f"{4 * mask.size:032b}", f"{8 - 1:05b}", *(f"{size - 1:04b}" for size in _RUN_BITS)]
    for number, run in enumerate(row_runs(mask)):
        whole, rest = divmod(4 * run, _LONGEST)
        bits += [_block(length, 255 * (number % 2)) for length in [_LONGEST] * whole + [rest] * (rest > 0)]
    code = "".join(bits)
    code += "0" * (-len(code) % 8)
    return [int(code[start : start + 8], 2) for start in range(0, len(code), 8)]


def _block(length: int, word: int) -> str:
    kind = next(index for index, size in enumerate(_RUN_BITS) if length <= 1 << size)
    return f"1{kind:02b}{length - 1:0{_RUN_BITS[kind]}b}{word:08b}"
