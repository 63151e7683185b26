"""Seeds in, rooms and gardens out: walls, floors, lawns, with the surfaces on which household things stand."""

import cv2
import numpy as np
from numpy.random import Generator

from demo import textures
from demo.backdrops import Backdrop, Scenery, Surface, pick, ramp
from demo.streets import hedge, sky

_WALLS = ((204, 196, 180), (168, 184, 186), (196, 170, 150), (150, 160, 140), (214, 208, 200), (128, 134, 156))
_FLOORS = ((150, 108, 70), (120, 84, 56), (176, 150, 116), (132, 128, 124), (98, 92, 88))


def room(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a room: one wall, perhaps an image or a window on it, and a floor."""
    stage = Scenery.empty(height, width)
    foot = int(height * rng.uniform(0.52, 0.7))
    stage.band(0, foot, pick(rng, _WALLS), _wallpaper(rng, foot, width), "wall")
    for _ in range(int(rng.integers(0, 3))):
        _image(stage, rng, foot)
    stage.band(foot, height, pick(rng, _FLOORS), _floor(rng, height - foot, width), "floor")
    skirting = max(3, height // 50)
    stage.pixels[foot - skirting : foot] = stage.pixels[foot - skirting : foot] * 0.3 + 0.7 * np.float32(rng.uniform(90, 230))
    stage.pixels[foot : foot + skirting] *= np.linspace(0.6, 1, skirting, dtype=np.float32)[:, None, None]
    surfaces = (
        Surface(("stand",), 0, width, foot + 0.04 * height, height * 1.03, height * 0.72, height * 1.12),
        Surface(("lie",), 0, width, foot + 0.1 * height, height * 0.97, height * 0.75, height * 1.1, any_turn=True),
        Surface(("hang",), 0, width, 0.15 * foot, 0.3 * foot, height * 0.7, height * 0.9),
    )
    return Backdrop(stage.pixels, stage.stuff, surfaces, (float(rng.choice([-0.7, 0.7])), -0.7))


def garden(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a lawn before trees under a sky."""
    stage = Scenery.empty(height, width)
    foot = int(height * rng.uniform(0.42, 0.58))
    sky(stage, rng, foot + 4)
    hedge(stage, rng, foot)
    grass = textures.rough(rng, height - foot, width, strength=0.12) * (1 + 0.12 * textures.grains(rng, height - foot, width))
    lawn = (grass * ramp(height - foot, width, 0.8, 1.1)).astype(np.float32)
    stage.band(foot, height, pick(rng, ((104, 136, 62), (126, 142, 84), (150, 140, 92))), lawn, "vegetation")
    surfaces = (
        Surface(("stand",), 0, width, foot + 0.05 * height, height * 1.03, height * 0.5, height * 1.05),
        Surface(("lie",), 0, width, foot + 0.16 * height, height * 0.97, height * 0.7, height * 1.05, any_turn=True),
    )
    return Backdrop(stage.pixels, stage.stuff, surfaces, (float(rng.choice([-0.7, 0.7])), -0.7))


def _wallpaper(rng: Generator, height: int, width: int) -> textures.Field:
    plain = textures.rough(rng, height, width, strength=0.04)
    style = rng.random()
    if style < 0.25:
        return plain * textures.stripes(height, width, period=width / rng.uniform(9, 18), angle=0.0, contrast=0.1)
    if style < 0.45:
        return plain * textures.bricks(rng, height, width, course=max(4, height // 18))
    if style < 0.6:
        return plain * textures.tiles(rng, height, width, side=max(8, width // 12))
    return plain


def _floor(rng: Generator, height: int, width: int) -> textures.Field:
    fade = ramp(height, width, 0.82, 1.08)
    if rng.random() < 0.6:
        return np.asarray(fade * textures.planks(rng, height, width, vanish=width * rng.uniform(0.3, 0.7)), np.float32)
    return np.asarray(fade * textures.rough(rng, height, width, strength=0.1), np.float32)


def _image(stage: Scenery, rng: Generator, foot: int) -> None:
    width = stage.stuff.shape[1]
    w, h = int(width * rng.uniform(0.12, 0.24)), int(foot * rng.uniform(0.2, 0.4))
    left, top = int(rng.uniform(0, width - w)), int(rng.uniform(0.06, 0.3) * foot)
    rim = max(2, w // 14)
    stage.patch(left, top, pick(rng, ((60, 44, 34), (220, 214, 204))), np.ones((h, w), np.float32), "wall")
    motif = cv2.resize(
        rng.uniform(0.5, 1.2, (3, 4)).astype(np.float32), (max(1, w - 2 * rim), max(1, h - 2 * rim)), interpolation=cv2.INTER_CUBIC
    )
    stage.patch(
        left + rim, top + rim, pick(rng, ((140, 150, 150), (170, 150, 120), (110, 130, 150))), np.asarray(motif, np.float32), "wall"
    )
