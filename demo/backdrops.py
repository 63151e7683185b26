"""The empty stages of each domain: rooms and gardens, streets, and the shelves, counters and rails of shops."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator

from demo import textures
from demo.catalogue import STUFF, Domain
from demo.outlines import Colour
from demo.scenery import Backdrop, Scenery, Surface, Veil
from demo.textures import Field

_ROOM_WALLS = ((204, 196, 180), (168, 184, 186), (196, 170, 150), (150, 160, 140), (214, 208, 200), (128, 134, 156))
_FLOORS = ((150, 108, 70), (120, 84, 56), (176, 150, 116), (132, 128, 124), (98, 92, 88))
_HOUSES = ((168, 112, 92), (196, 182, 158), (150, 150, 152), (206, 196, 186), (122, 96, 84), (172, 160, 120))
_SKIES = ((120, 164, 214), (150, 176, 204), (184, 192, 200), (228, 190, 160))
_LEAVES = ((66, 98, 52), (86, 110, 58), (54, 82, 58))
_LAWNS = ((104, 136, 62), (126, 142, 84), (150, 140, 92))
_SLABS = ((168, 162, 154), (150, 148, 146), (176, 160, 142))
_ASPHALT = ((92, 92, 94), (110, 106, 102), (78, 80, 86))
_PANELS = ((206, 202, 194), (176, 168, 156), (120, 116, 112), (188, 176, 150), (148, 160, 168))
_BOARDS = ((154, 112, 70), (214, 212, 208), (96, 74, 56), (70, 74, 80))
_VEHICLES = ("car", "truck", "bus", "bicycle", "cone")
_WALKERS = ("person", "dog", "bicycle", "hydrant", "traffic_light", "traffic_sign")


def room(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a room: one wall, perhaps an image or a window on it, and a floor."""
    stage = Scenery(rng, height, width)
    foot = int(height * rng.uniform(0.52, 0.7))
    stage.patch("wall", stage.pick(*_ROOM_WALLS), _wallpaper(stage, foot), top=0)
    for _ in range(int(rng.integers(0, 3))):
        _hang_image(stage, foot)
    stage.patch("floor", stage.pick(*_FLOORS), _floor(stage, height - foot), top=foot)
    skirting = max(3, height // 50)
    stage.pixels[foot - skirting : foot] = stage.pixels[foot - skirting : foot] * 0.3 + 0.7 * np.float32(rng.uniform(90, 230))
    stage.pixels[foot : foot + skirting] *= np.linspace(0.6, 1, skirting, dtype=np.float32)[:, None, None]
    return stage.backdrop(
        Surface(("stand",), foot + 0.04 * height, height * 1.03, height * 0.72, height * 1.12),
        Surface(("lie",), foot + 0.1 * height, height * 0.97, height * 0.75, height * 1.1, any_turn=True),
        Surface(("hang",), 0.15 * foot, 0.3 * foot, height * 0.7, height * 0.9),
        light=_daylight(rng),
    )


def garden(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a lawn before trees under a sky."""
    stage = Scenery(rng, height, width)
    foot = int(height * rng.uniform(0.42, 0.58))
    _sky(stage, foot + 4)
    _hedge(stage, foot)
    grass = stage.rough(height - foot, 0.12) * (1 + 0.12 * textures.grains(rng, height - foot, width))
    lawn = (grass * stage.ramp(height - foot, 0.8, 1.1)).astype(np.float32)
    stage.patch("vegetation", stage.pick(*_LAWNS), lawn, top=foot)
    return stage.backdrop(
        Surface(("stand",), foot + 0.05 * height, height * 1.03, height * 0.5, height * 1.05),
        Surface(("lie",), foot + 0.16 * height, height * 0.97, height * 0.7, height * 1.05, any_turn=True),
        light=_daylight(rng),
    )


def street(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a street seen from its other side."""
    stage = Scenery(rng, height, width)
    horizon = int(height * rng.uniform(0.4, 0.5))
    kerb = int(height * rng.uniform(0.58, 0.64))
    near_kerb = int(height * rng.uniform(0.9, 1.0))
    light = _daylight(rng)
    _sky(stage, horizon + 4)
    _houses(stage, horizon)
    if rng.random() < 0.75:
        _hedge(stage, horizon)
    _pavement(stage, horizon, kerb)
    _road(stage, kerb, near_kerb)
    if near_kerb < height:
        _pavement(stage, near_kerb, height)
    far, middle, near = (height / 1.5 * share for share in (0.13, 0.19, 0.42))  # px of a metre
    return stage.backdrop(
        Surface(("stand",), (horizon + kerb) / 2, kerb, far, middle, kinds=_WALKERS),
        Surface(("stand",), kerb + 0.06 * height, near_kerb, middle, near * 0.85, kinds=_VEHICLES),
        Surface(("stand",), near_kerb, height * 1.04, near * 0.8, near, kinds=_WALKERS),
        light=light,
        veils=_street_veils(stage),
    )


def shelves(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a rack of two or three boards seen from the front."""
    stage = Scenery(rng, height, width)
    stage.patch("wall", stage.pick(*_PANELS), _panel(stage, height), top=0)
    count = int(rng.integers(2, 4))
    space = height / count
    board = max(5, int(space * 0.09))
    unit = space - board
    colour = stage.pick(*_BOARDS)
    surfaces = []
    for level in range(1, count + 1):
        top = int(level * space) - board
        _board(stage, top, board, colour)
        surfaces.append(Surface(("stand", "lie"), top + board * 0.25, top + board * 0.45, unit * 0.92, unit * 0.97))
    veils: tuple[Veil, ...] = ()
    if rng.random() < 0.5:
        veils = (stage.bar("shelf", colour, x=width * rng.uniform(0.25, 0.75), thickness=width * rng.uniform(0.012, 0.03)),)
    return stage.backdrop(*surfaces, light=_lamplight(rng), veils=veils)


def counter_top(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a table top seen from above."""
    stage = Scenery(rng, height, width)
    style = rng.random()
    if style < 0.4:
        field = textures.planks(rng, height * 3, width, vanish=width / 2)[height : 2 * height]
    elif style < 0.7:
        field = textures.tiles(rng, height, width, side=width // 7) * stage.rough(height, 0.05)
    else:
        field = stage.rough(height, 0.09)
    stage.patch("counter", stage.pick(*_PANELS, *_BOARDS), field, top=0)
    surface = Surface(("stand", "lie", "hang"), height * 0.1, height * 0.95, height * 0.5, height * 0.5, any_turn=True)
    return stage.backdrop(surface, light=_lamplight(rng))


def rail(rng: Generator, height: int, width: int) -> Backdrop:
    """Return clothes on a rail before a wall, and the floor below."""
    stage = Scenery(rng, height, width)
    foot = int(height * rng.uniform(0.72, 0.82))
    stage.patch("wall", stage.pick(*_PANELS), _panel(stage, foot), top=0)
    floor = stage.rough(height - foot, 0.08) * stage.ramp(height - foot, 0.8, 1.05)
    stage.patch("floor", stage.pick(*_BOARDS), floor, top=foot)
    y, thick = int(height * rng.uniform(0.07, 0.12)), max(3, height // 60)
    stage.patch("pole", (150, 152, 156), stage.ramp(thick, 1.3, 0.5), top=y)
    return stage.backdrop(
        Surface(("hang",), y, y + 1, height * 0.5, height * 0.75),
        Surface(("stand",), foot + 0.06 * height, height * 0.98, height * 0.3, height * 0.4),
        light=_lamplight(rng),
    )


BACKDROPS: Mapping[Domain, tuple[Callable[[Generator, int, int], Backdrop], ...]] = MappingProxyType(
    {"everyday": (room, room, garden), "driving": (street,), "retail": (shelves, shelves, counter_top, rail)}
)
"""What a scene of each domain is set on, drawn with equal chances."""


def _daylight(rng: Generator) -> tuple[float, float]:
    return float(rng.choice([-0.7, 0.7])), -0.7


def _lamplight(rng: Generator) -> tuple[float, float]:
    return (-0.5, 0.5)[int(rng.integers(2))], -0.85


def _wallpaper(stage: Scenery, rows: int) -> Field:
    plain, width = stage.rough(rows, 0.04), stage.width
    style = stage.rng.random()
    if style < 0.25:
        return plain * textures.stripes(rows, width, period=width / stage.rng.uniform(9, 18), angle=0.0, contrast=0.1)
    if style < 0.45:
        return plain * textures.bricks(stage.rng, rows, width, course=max(4, rows // 18))
    return plain * textures.tiles(stage.rng, rows, width, side=max(8, width // 12)) if style < 0.6 else plain


def _panel(stage: Scenery, rows: int) -> Field:
    plain, width = stage.rough(rows, 0.05), stage.width
    if stage.rng.random() < 0.3:
        return plain * textures.stripes(rows, width, period=max(6, width / 40), angle=0.0, contrast=0.12)
    return plain * textures.tiles(stage.rng, rows, width, side=max(8, width // 10)) if stage.rng.random() < 0.4 else plain


def _floor(stage: Scenery, rows: int) -> Field:
    if stage.rng.random() < 0.6:
        surface = textures.planks(stage.rng, rows, stage.width, vanish=stage.width * stage.rng.uniform(0.3, 0.7))
    else:
        surface = stage.rough(rows, 0.1)
    return np.asarray(stage.ramp(rows, 0.82, 1.08) * surface, np.float32)


def _hang_image(stage: Scenery, foot: int) -> None:
    rng, width = stage.rng, stage.width
    w, h = int(width * rng.uniform(0.12, 0.24)), int(foot * rng.uniform(0.2, 0.4))
    left, top = int(rng.uniform(0, width - w)), int(rng.uniform(0.06, 0.3) * foot)
    rim = max(2, w // 14)
    stage.patch("wall", stage.pick((60, 44, 34), (220, 214, 204)), np.ones((h, w), np.float32), left=left, top=top)
    inner = max(1, w - 2 * rim), max(1, h - 2 * rim)
    motif = np.asarray(cv2.resize(rng.uniform(0.5, 1.2, (3, 4)).astype(np.float32), inner, interpolation=cv2.INTER_CUBIC), np.float32)
    stage.patch("wall", stage.pick((140, 150, 150), (170, 150, 120), (110, 130, 150)), motif, left=left + rim, top=top + rim)


def _board(stage: Scenery, top: int, thick: int, colour: Colour) -> None:
    """A board: its front edge, the shadow below it, price tags."""
    rng, width = stage.rng, stage.width
    stage.patch("shelf", colour, stage.rough(thick, 0.08) * stage.ramp(thick, 1.15, 0.75), top=top)
    below = stage.pixels[top + thick : top + thick * 4]
    below *= np.linspace(0.55, 1, len(below), dtype=np.float32)[:, None, None]
    tag_w, tag_h = max(6, width // 18), max(2, int(thick * 0.55))
    for x in range(int(rng.integers(0, width // 5)), width, max(tag_w * 2, width // int(rng.integers(4, 8)))):
        tag = stage.pick((240, 238, 226), (240, 210, 70))
        stage.patch("shelf", tag, np.ones((tag_h, tag_w), np.float32), left=x, top=top + (thick - tag_h) // 2)


def _sky(stage: Scenery, bottom: int) -> None:
    """Cover the rows above `bottom` with a clouded or clear sky."""
    fade = stage.ramp(bottom, 0.85, 1.12)[..., None] * np.asarray(stage.pick(*_SKIES), np.float32)
    cloud = textures.clouds(stage.rng, bottom, stage.width)[..., None]
    stage.pixels[:bottom] = fade * (1 - 0.7 * cloud) + 0.7 * cloud * np.array([236, 236, 238], np.float32)
    stage.stuff[:bottom] = STUFF.index("sky")


def _hedge(stage: Scenery, bottom: int) -> None:
    """Grow trees and bushes above the row `bottom`, below a bumpy and fringed line."""
    rng, width = stage.rng, stage.width
    level, bumps = float(rng.uniform(0.55, 0.8)), int(rng.integers(4, 9))
    heights, fringe = (
        cv2.resize(rng.standard_normal((1, count)).astype(np.float32), (width, 1), interpolation=cv2.INTER_CUBIC)[0]
        for count in (bumps, bumps * 6)
    )
    rows = np.arange(stage.height)[:, None]
    mask = (rows > bottom * (level + 0.16 * heights + 0.035 * fringe)) & (rows < bottom)
    leaves = stage.rough(stage.height, 0.2) * (1 + 0.13 * textures.grains(rng, stage.height, width))
    stage.blot("vegetation", stage.pick(*_LEAVES), leaves, mask)


def _houses(stage: Scenery, horizon: int) -> None:
    rng, width = stage.rng, stage.width
    x = -int(rng.integers(0, width // 6))
    while x < width:
        wide, tall = int(width * rng.uniform(0.14, 0.36)), int(horizon * rng.uniform(0.45, 1.05))
        if rng.random() < 0.9:
            facade = textures.rough(rng, tall, wide, strength=0.05)
            if rng.random() < 0.5:
                facade = facade * textures.bricks(rng, tall, wide, course=max(3, horizon // 40))
            glass = textures.window_panes(rng, tall, wide, cell=max(8, int(horizon * rng.uniform(0.16, 0.28))))
            facade = np.where(glass, facade * np.float32(rng.uniform(0.3, 0.55)), facade).astype(np.float32)
            stage.patch("building", stage.pick(*_HOUSES), facade, left=x, top=horizon - tall)
        x += wide + int(rng.integers(0, max(2, width // 20)))


def _pavement(stage: Scenery, top: int, bottom: int) -> None:
    slabs = textures.tiles(stage.rng, bottom - top, stage.width, side=max(6, stage.width // 14)) * stage.rough(bottom - top, 0.06)
    stage.patch("pavement", stage.pick(*_SLABS), slabs, top=top)
    stage.pixels[max(top, bottom - max(2, stage.width // 160)) : bottom] *= 0.7


def _road(stage: Scenery, top: int, bottom: int) -> None:
    asphalt = stage.rough(bottom - top, 0.1) * (1 + 0.07 * textures.grains(stage.rng, bottom - top, stage.width))
    stage.patch("road", stage.pick(*_ASPHALT), asphalt.astype(np.float32), top=top)
    middle, thick = (top + bottom) // 2, max(2, (bottom - top) // 26)
    dash, phase = max(10, stage.width // 9), int(stage.rng.integers(0, 100))
    painted = ((np.arange(stage.width) + phase) % dash) < dash * 0.55
    stage.pixels[middle : middle + thick, painted] = 0.4 * stage.pixels[middle : middle + thick, painted] + 0.6 * 222


def _street_veils(stage: Scenery) -> tuple[Veil, ...]:
    """A lamp post, and the bonnet of the car that holds the camera: nobody labels it."""
    rng, height, width = stage.rng, stage.height, stage.width
    veils = []
    if rng.random() < 0.5:
        x, thickness = width * rng.uniform(0.1, 0.9), max(3.0, width * rng.uniform(0.008, 0.02))
        veils.append(stage.bar("pole", stage.pick((120, 124, 126), (70, 84, 74)), x=x, thickness=thickness))
    if rng.random() < 0.35:
        coverage = np.zeros((height, width), np.float32)
        centre = (int(width * rng.uniform(0.4, 0.6)), int(height * 1.12))
        cv2.ellipse(coverage, centre, (int(width * 0.62), int(height * rng.uniform(0.17, 0.21))), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        paint = np.asarray(stage.pick((40, 44, 52), (96, 24, 24), (150, 150, 156)), np.float32)
        veils.append(Veil(coverage, stage.ramp(height, 0.2, 1.4)[..., None] * paint, "void"))
    return tuple(veils)
