"""Seeds in, shops out: shelves, counters and clothes rails, with the surfaces on which goods stand, lie and hang."""

import numpy as np
from numpy.random import Generator

from demo import textures
from demo.backdrops import Backdrop, Scenery, Surface, Veil, bar, pick, ramp
from demo.outlines import Colour

_PANELS = ((206, 202, 194), (176, 168, 156), (120, 116, 112), (188, 176, 150), (148, 160, 168))
_BOARDS = ((154, 112, 70), (214, 212, 208), (96, 74, 56), (70, 74, 80))
_FRONTAL = ((-0.5, -0.85), (0.5, -0.85))


def shelves(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a rack of two or three boards seen from the front."""
    stage = Scenery.empty(height, width)
    stage.band(0, height, pick(rng, _PANELS), _panel(rng, height, width), "wall")
    count = int(rng.integers(2, 4))
    space = height / count
    board = max(5, int(space * 0.09))
    colour = pick(rng, _BOARDS)
    surfaces = []
    for level in range(1, count + 1):
        top = int(level * space) - board
        _board(stage, rng, top, board, colour)
        unit = space - board
        surfaces.append(Surface(("stand", "lie"), 0, width, top + board * 0.25, top + board * 0.45, unit * 0.92, unit * 0.97))
    veils: tuple[Veil, ...] = ()
    if rng.random() < 0.5:
        x, thickness = width * rng.uniform(0.25, 0.75), width * rng.uniform(0.012, 0.03)
        veils = (bar(height, width, x=x, thickness=thickness, colour=colour, stuff="shelf"),)
    return Backdrop(stage.pixels, stage.stuff, tuple(surfaces), _FRONTAL[int(rng.integers(2))], veils)


def counter(rng: Generator, height: int, width: int) -> Backdrop:
    """Return a table top seen from above."""
    stage = Scenery.empty(height, width)
    style = rng.random()
    if style < 0.4:
        field = textures.planks(rng, height * 3, width, vanish=width / 2)[height : 2 * height]
    elif style < 0.7:
        field = textures.tiles(rng, height, width, side=width // 7) * textures.rough(rng, height, width, strength=0.05)
    else:
        field = textures.rough(rng, height, width, strength=0.09)
    stage.band(0, height, pick(rng, (*_PANELS, *_BOARDS)), np.asarray(field, np.float32), "counter")
    unit = height * 0.5
    surface = Surface(("stand", "lie", "hang"), 0, width, height * 0.1, height * 0.95, unit, unit, any_turn=True)
    return Backdrop(stage.pixels, stage.stuff, (surface,), _FRONTAL[int(rng.integers(2))])


def rail(rng: Generator, height: int, width: int) -> Backdrop:
    """Return clothes on a rail before a wall, and the floor below."""
    stage = Scenery.empty(height, width)
    foot = int(height * rng.uniform(0.72, 0.82))
    stage.band(0, foot, pick(rng, _PANELS), _panel(rng, foot, width), "wall")
    floor = textures.rough(rng, height - foot, width, strength=0.08) * ramp(height - foot, width, 0.8, 1.05)
    stage.band(foot, height, pick(rng, _BOARDS), floor.astype(np.float32), "floor")
    y, thick = int(height * rng.uniform(0.07, 0.12)), max(3, height // 60)
    stage.patch(0, y, (150, 152, 156), ramp(thick, width, 1.3, 0.5), "pole")
    surfaces = (
        Surface(("hang",), 0, width, y, y + 1, height * 0.5, height * 0.75),
        Surface(("stand",), 0, width, foot + 0.06 * height, height * 0.98, height * 0.3, height * 0.4),
    )
    return Backdrop(stage.pixels, stage.stuff, surfaces, _FRONTAL[int(rng.integers(2))])


def _panel(rng: Generator, height: int, width: int) -> textures.Field:
    plain = textures.rough(rng, height, width, strength=0.05)
    if rng.random() < 0.3:
        return plain * textures.stripes(height, width, period=max(6, width / 40), angle=0.0, contrast=0.12)
    if rng.random() < 0.4:
        return plain * textures.tiles(rng, height, width, side=max(8, width // 10))
    return plain


def _board(stage: Scenery, rng: Generator, top: int, thick: int, colour: Colour) -> None:
    """A board: the shadow below it, its front edge, price tags."""
    width = stage.stuff.shape[1]
    stage.band(
        top,
        min(top + thick, stage.stuff.shape[0]),
        colour,
        textures.rough(rng, thick, width, strength=0.08) * ramp(thick, width, 1.15, 0.75),
        "shelf",
    )
    below = stage.pixels[top + thick : top + thick * 4]
    below *= np.linspace(0.55, 1, len(below), dtype=np.float32)[:, None, None] if len(below) else 1
    tag_w, tag_h = max(6, width // 18), max(2, int(thick * 0.55))
    for x in range(int(rng.integers(0, width // 5)), width, max(tag_w * 2, width // int(rng.integers(4, 8)))):
        stage.patch(
            x, top + (thick - tag_h) // 2, pick(rng, ((240, 238, 226), (240, 210, 70))), np.ones((tag_h, tag_w), np.float32), "shelf"
        )
