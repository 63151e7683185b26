"""Seeds in, streets out: sky, houses, hedges, pavement and road, with the surfaces on which traffic stands."""

import cv2
import numpy as np
from numpy.random import Generator

from demo import textures
from demo.backdrops import Backdrop, Scenery, Surface, Veil, bar, pick, ramp, soft_blobs, window_grid
from demo.catalogue import STUFF

_WALLS = ((168, 112, 92), (196, 182, 158), (150, 150, 152), (206, 196, 186), (122, 96, 84), (172, 160, 120))
_VEHICLES = ("car", "truck", "bus", "bicycle", "cone")
_WALKERS = ("person", "dog", "bicycle", "hydrant", "traffic_light", "traffic_sign")


def street(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a street seen from its other side."""
    stage = Scenery.empty(height, width)
    horizon = int(height * rng.uniform(0.4, 0.5))
    kerb = int(height * rng.uniform(0.58, 0.64))
    near_kerb = int(height * rng.uniform(0.9, 1.0))
    light = (float(rng.choice([-0.7, 0.7])), -0.7)
    sky(stage, rng, horizon + 4)
    _houses(stage, rng, horizon)
    if rng.random() < 0.75:
        hedge(stage, rng, horizon)
    _pavement(stage, rng, horizon, kerb)
    _road(stage, rng, kerb, near_kerb)
    if near_kerb < height:
        _pavement(stage, rng, near_kerb, height)
    metre = height / 1.5
    far_unit, road_unit, near_unit = metre * 0.13, metre * 0.19, metre * 0.42
    surfaces = (
        Surface(("stand",), 0, width, (horizon + kerb) / 2, kerb, far_unit, road_unit, kinds=_WALKERS),
        Surface(("stand",), 0, width, kerb + 0.06 * height, near_kerb, road_unit, near_unit * 0.85, kinds=_VEHICLES),
        Surface(("stand",), 0, width, near_kerb, height * 1.04, near_unit * 0.8, near_unit, kinds=_WALKERS),
    )
    return Backdrop(stage.pixels, stage.stuff, surfaces, light, _veils(rng, height, width))


def sky(stage: Scenery, rng: Generator, bottom: int) -> None:
    """Cover the rows above `bottom` with a clouded or clear sky."""
    width = stage.stuff.shape[1]
    blue = np.asarray(pick(rng, ((120, 164, 214), (150, 176, 204), (184, 192, 200), (228, 190, 160))), np.float32)
    fade = ramp(bottom, width, 0.85, 1.12)[..., None] * blue
    cloud = textures.clouds(rng, bottom, width)[..., None]
    stage.pixels[:bottom] = fade * (1 - 0.7 * cloud) + 0.7 * cloud * np.array([236, 236, 238], np.float32)
    stage.stuff[:bottom] = STUFF.index("sky")


def hedge(stage: Scenery, rng: Generator, bottom: int) -> None:
    """Grow trees and bushes above the row `bottom`."""
    height, width = stage.stuff.shape
    mask = np.zeros((height, width), np.bool_)
    mask[:bottom] = soft_blobs(rng, bottom, width, level=float(rng.uniform(0.55, 0.8)), bumps=int(rng.integers(4, 9)))
    leaves = textures.rough(rng, height, width, strength=0.2) * (1 + 0.13 * textures.grains(rng, height, width))
    stage.blot(mask, pick(rng, ((66, 98, 52), (86, 110, 58), (54, 82, 58))), leaves, "vegetation")


def _houses(stage: Scenery, rng: Generator, horizon: int) -> None:
    width = stage.stuff.shape[1]
    x = -int(rng.integers(0, width // 6))
    while x < width:
        wide = int(width * rng.uniform(0.14, 0.36))
        tall = int(horizon * rng.uniform(0.45, 1.05))
        if rng.random() < 0.9:
            facade = textures.rough(rng, tall, wide, strength=0.05)
            if rng.random() < 0.5:
                facade = facade * textures.bricks(rng, tall, wide, course=max(3, horizon // 40))
            cell = max(8, int(horizon * rng.uniform(0.16, 0.28)))
            glass = window_grid(rng, tall, wide, cell=cell)
            facade = np.where(glass, facade * np.float32(rng.uniform(0.3, 0.55)), facade).astype(np.float32)
            stage.patch(x, horizon - tall, pick(rng, _WALLS), facade, "building")
        x += wide + int(rng.integers(0, max(2, width // 20)))


def _pavement(stage: Scenery, rng: Generator, top: int, bottom: int) -> None:
    width = stage.stuff.shape[1]
    slabs = textures.tiles(rng, bottom - top, width, side=max(6, width // 14))
    slabs = slabs * textures.rough(rng, bottom - top, width, strength=0.06)
    stage.band(top, bottom, pick(rng, ((168, 162, 154), (150, 148, 146), (176, 160, 142))), slabs, "pavement")
    stage.pixels[max(top, bottom - max(2, width // 160)) : bottom] *= 0.7


def _road(stage: Scenery, rng: Generator, top: int, bottom: int) -> None:
    width = stage.stuff.shape[1]
    asphalt = textures.rough(rng, bottom - top, width, strength=0.1) * (1 + 0.07 * textures.grains(rng, bottom - top, width))
    stage.band(top, bottom, pick(rng, ((92, 92, 94), (110, 106, 102), (78, 80, 86))), asphalt.astype(np.float32), "road")
    middle, thick = (top + bottom) // 2, max(2, (bottom - top) // 26)
    dash, phase = max(10, width // 9), int(rng.integers(0, 100))
    painted = ((np.arange(width) + phase) % dash) < dash * 0.55
    stage.pixels[middle : middle + thick, painted] = 0.4 * stage.pixels[middle : middle + thick, painted] + 0.6 * 222


def _veils(rng: Generator, height: int, width: int) -> tuple[Veil, ...]:
    veils = []
    if rng.random() < 0.5:
        x, thickness = width * rng.uniform(0.1, 0.9), max(3.0, width * rng.uniform(0.008, 0.02))
        veils.append(bar(height, width, x=x, thickness=thickness, colour=pick(rng, ((120, 124, 126), (70, 84, 74))), stuff="pole"))
    if rng.random() < 0.35:
        veils.append(_bonnet(rng, height, width))
    return tuple(veils)


def _bonnet(rng: Generator, height: int, width: int) -> Veil:
    """The bonnet of the car that holds the camera: nobody labels it."""
    coverage = np.zeros((height, width), np.float32)
    centre = (int(width * rng.uniform(0.4, 0.6)), int(height * 1.12))
    cv2.ellipse(coverage, centre, (int(width * 0.62), int(height * rng.uniform(0.17, 0.21))), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    paint = np.asarray(pick(rng, ((40, 44, 52), (96, 24, 24), (150, 150, 156))), np.float32)
    return Veil(coverage, ramp(height, width, 0.2, 1.4)[..., None] * paint, "void")
