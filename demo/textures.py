"""Surfaces, such as noise, planks, bricks and patterns, as fields around 1 that multiply a colour."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo.outlines import Pattern
from imaging.masks.rle import Mask

Field = npt.NDArray[np.float32]
_TILE = 1024


def rough(rng: Generator, height: int, width: int, *, strength: float = 0.1) -> Field:
    """Return a surface of mixed fine and coarse noise: (height, width), mean 1, standard deviation about `strength`."""
    return 1 + strength * _cut(_octaves(), rng, height, width)


def grains(rng: Generator, height: int, width: int) -> Field:
    """Return white noise of standard deviation 1: (height, width)."""
    return _cut(_white(), rng, height, width)


def sensor_noise(rng: Generator, height: int, width: int) -> Field:
    """Return noise of standard deviation 1 that is partly common to the channels: (height, width, 3)."""
    return _cut(_sensor(), rng, height, width)


def clouds(rng: Generator, height: int, width: int) -> Field:
    """Return soft patches in 0 to 1: (height, width)."""
    small = rng.standard_normal((4, 6)).astype(np.float32)
    soft = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.35 + 0.35 * soft + 0.1 * _cut(_octaves(), rng, height, width), 0, 1).astype(np.float32)


def stripes(height: int, width: int, *, period: float, angle: float, contrast: float) -> Field:
    """Return parallel bars: (height, width), 1 and 1 - contrast, `period` px apart, turned by `angle` radians."""
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None, :]
    phase = x * np.float32(np.cos(angle) / period) + y * np.float32(np.sin(angle) / period)
    return np.where(phase - np.floor(phase) < 0.5, np.float32(1), np.float32(1 - contrast))


def bricks(rng: Generator, height: int, width: int, *, course: int) -> Field:
    """Return a brick wall: (height, width), courses of `course` px with lighter joints and bricks of different tone."""
    y, x = np.ogrid[:height, :width]
    row = y // course
    shifted = x + (row % 2) * course
    column = shifted // (2 * course)
    tones = rng.uniform(0.82, 1.12, (64, 64)).astype(np.float32)
    wall = tones[row % 64, column % 64]
    joint = (y % course < max(1, course // 8)) | (shifted % (2 * course) < max(1, course // 8))
    return np.where(joint, np.float32(1.28), wall)


def tiles(rng: Generator, height: int, width: int, *, side: int) -> Field:
    """Return square tiles: (height, width), `side` px, with darker joints."""
    y, x = np.ogrid[:height, :width]
    tones = rng.uniform(0.92, 1.06, (32, 32)).astype(np.float32)
    field = tones[(y // side) % 32, (x // side) % 32]
    joint = (y % side < max(1, side // 20)) | (x % side < max(1, side // 20))
    return np.where(joint, np.float32(0.72), field)


def window_panes(rng: Generator, height: int, width: int, *, cell: int) -> Mask:
    """Return the panes of a facade: (height, width), True on glass, one in each square of `cell` px."""
    y, x = np.ogrid[:height, :width]
    fill_x, fill_y = rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.7)
    pane = (((x + cell // 3) % cell) < cell * fill_x) & (((y + cell // 2) % cell) < cell * fill_y)
    return np.asarray(pane & (y > cell // 3), np.bool_)


def planks(rng: Generator, height: int, width: int, *, vanish: float) -> Field:
    """Return floorboards that run away from the viewer: (height, width); `vanish` is the vanishing point's x in px."""
    y, x = np.ogrid[:height, :width]
    depth = 1 / (y + 0.25 * height)
    across = (6.4 * (x - vanish) * depth).astype(np.float32)
    board = np.floor(across)
    tones = rng.uniform(0.84, 1.1, 256).astype(np.float32)
    grain = _cut(_octaves(), rng, height, width) * np.float32(0.05)
    return np.where(across - board < 0.05, np.float32(0.62), tones[board.astype(np.int32) & 255] + grain)


def pattern(kind: Pattern, rng: Generator, height: int, width: int) -> Field:
    """Return the pattern of a painted part: (height, width), around 1."""
    unit = max(height, width)
    if kind == "stripes":
        return stripes(height, width, period=unit / rng.uniform(8, 14), angle=float(rng.choice([0.0, np.pi / 2])), contrast=0.35)
    if kind == "checks":
        first = stripes(height, width, period=unit / 9, angle=0.8, contrast=0.25)
        return first * stripes(height, width, period=unit / 9, angle=-0.8, contrast=0.25)
    if kind == "dots":
        period = unit / rng.uniform(9, 14)
        y, x = np.ogrid[:height, :width]
        spot = ((x % period) - period / 2) ** 2 + ((y % period) - period / 2) ** 2 < (period * 0.28) ** 2
        return np.where(spot, np.float32(1.5), np.float32(1))
    if kind == "blotches":
        return (0.8 + 0.4 * clouds(rng, height, width)).astype(np.float32)
    return np.ones((height, width), np.float32)


@lru_cache(maxsize=1)
def _white() -> Field:
    return np.random.default_rng(1).standard_normal((_TILE, _TILE)).astype(np.float32)


@lru_cache(maxsize=1)
def _sensor() -> Field:
    rng = np.random.default_rng(3)
    shared = rng.standard_normal((_TILE, _TILE, 1)).astype(np.float32)
    return np.float32(0.8) * shared + np.float32(0.6) * rng.standard_normal((_TILE, _TILE, 3)).astype(np.float32)


@lru_cache(maxsize=1)
def _octaves() -> Field:
    rng = np.random.default_rng(2)
    total = np.zeros((_TILE, _TILE), np.float32)
    for side, share in ((8, 0.25), (32, 0.2), (128, 0.35), (512, 0.5), (1024, 0.5)):
        noise = rng.standard_normal((side, side)).astype(np.float32)
        wrapped = cv2.copyMakeBorder(noise, 2, 2, 2, 2, cv2.BORDER_WRAP)
        scale = _TILE // side
        grown = cv2.resize(wrapped, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        total += share * grown[2 * scale : 2 * scale + _TILE, 2 * scale : 2 * scale + _TILE]
    return np.asarray(total / total.std(), np.float32)


def _cut(tile: Field, rng: Generator, height: int, width: int) -> Field:
    top, left = (int(value) for value in rng.integers(0, _TILE, size=2))
    if height <= _TILE and width <= _TILE:
        top, left = top % (_TILE - height + 1), left % (_TILE - width + 1)
        return tile[top : top + height, left : left + width]
    rows, columns = (np.arange(top, top + height) % _TILE), (np.arange(left, left + width) % _TILE)
    return tile[np.ix_(rows, columns)]
