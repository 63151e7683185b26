"""Composes scenes: a stage is set, things are laid on it from back to front, and the truth is kept of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo.backdrops import BACKDROPS
from demo.camera import expose
from demo.canvas import Canvas, cast, may_lie, paste
from demo.catalogue import STUFF, THING_KINDS, Domain, ThingKind
from demo.figures import draw_figure
from demo.outlines import Paint, Pattern
from demo.scenery import Backdrop, Surface
from demo.sprites import Pose, Sprite, render_sprite
from imaging.masks.rle import Mask

_COUNTS = {"everyday": (5, 10), "driving": (6, 11), "retail": (9, 15)}
_SMALLEST = 2e-4  # of the image's area: what is seen of a thing below this is void


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """One object and exactly what can be seen of it; a crowd is many objects of a class under one mask."""

    number: int  # its value in `Scene.numbers`
    kind: str
    mask: Mask  # (H, W)
    box: tuple[int, int, int, int]  # x, y, width, height of the mask
    is_crowd: bool

    @property
    def area(self) -> int:
        """Visible pixels."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One image with its whole truth, in the displayed frame."""

    index: int
    domain: Domain
    name: str  # stem of its files
    pixels: npt.NDArray[np.uint8]  # (H, W, 3) RGB, before any file format
    numbers: npt.NDArray[np.uint16]  # (H, W): 0 where no thing is seen, else `Thing.number`
    stuff: npt.NDArray[np.uint8]  # (H, W): number in `catalogue.STUFF` where no thing is seen
    things: tuple[Thing, ...]

    @property
    def objects(self) -> tuple[Thing, ...]:
        """The things that are no crowds."""
        return tuple(thing for thing in self.things if not thing.is_crowd)

    def by_pixel(self, of_thing: Mapping[int, int], of_stuff: npt.NDArray[Any], otherwise: int) -> npt.NDArray[Any]:
        """Return (H, W) of the value of what each pixel shows.

        Args:
            of_thing: Value by `Thing.number`.
            of_stuff: (S,) value by number in `catalogue.STUFF`; its type is the result's.
            otherwise: Value of what was a thing but is none.
        """
        values = np.full(int(self.numbers.max()) + 1, otherwise, of_stuff.dtype)
        for number, value in of_thing.items():
            values[number] = value
        return np.where(self.numbers > 0, values[self.numbers], of_stuff[self.stuff])

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])


def compose(index: int, domain: Domain, name: str, size: tuple[int, int], stage_rng: Generator, rng: Generator) -> Scene:
    """Render one scene.

    Args:
        index: Of the image in its world.
        domain: Which stages and classes.
        name: Stem of the image's files.
        size: (height, width) in px.
        stage_rng: Makes the stage; equal generators make equal stages.
        rng: Makes everything else.
    """
    height, width = size
    stages = BACKDROPS[domain]
    backdrop = stages[int(stage_rng.integers(len(stages)))](stage_rng, height, width)
    canvas = Canvas(backdrop.pixels, np.zeros(size, np.uint16), {}, {})
    crowd = _lay_crowd(canvas, backdrop, domain, rng) if domain == "everyday" and rng.random() < 0.3 else {}
    kinds = {**crowd, **_lay_things(canvas, backdrop, domain, rng)}
    stuff = _draw_veils(canvas, backdrop)
    things = _things(canvas, kinds, frozenset(crowd), stuff)
    return Scene(index, domain, name, expose(canvas.pixels, rng), canvas.numbers, stuff, things)


def _lay_things(canvas: Canvas, backdrop: Backdrop, domain: Domain, rng: Generator) -> dict[int, str]:
    able = {name: [surface for surface in backdrop.surfaces if _accepts(surface, name, kind)] for name, kind in THING_KINDS[domain].items()}
    names = [name for name, surfaces in able.items() if surfaces]
    weights = np.array([THING_KINDS[domain][name].weight for name in names])
    chosen = rng.choice(len(names), size=int(rng.integers(*_COUNTS[domain])), p=weights / weights.sum())
    spots: list[tuple[float, str, Surface, float]] = []
    for pick in chosen:
        surface = able[names[int(pick)]][int(rng.integers(len(able[names[int(pick)]])))]
        depth = float(rng.random())
        spots.append((surface.far + depth * (surface.near - surface.far), names[int(pick)], surface, depth))
    laid: dict[int, str] = {}
    for y, name, surface, depth in sorted(spots, key=lambda spot: spot[0]):
        number = len(canvas.full) + 1
        unit = surface.unit_far + depth * (surface.unit_near - surface.unit_far)
        if _lay(canvas, backdrop, surface, (name, THING_KINDS[domain][name]), (y, unit), number, rng):
            laid[number] = name
    return laid


def _accepts(surface: Surface, name: str, kind: ThingKind) -> bool:
    return kind.stance in surface.stances and (not surface.kinds or name in surface.kinds)


def _lay(
    canvas: Canvas,
    backdrop: Backdrop,
    surface: Surface,
    thing: tuple[str, ThingKind],
    spot: tuple[float, float],
    number: int,
    rng: Generator,
) -> bool:
    """Lay one thing where it hides no other too much; False when no such spot was found."""
    (name, kind), (y, unit) = thing, spot
    tall = kind.height * unit * float(rng.uniform(0.8, 1.2) if not surface.kinds else rng.uniform(0.94, 1.06))
    xs = rng.uniform(0, backdrop.stuff.shape[1], 6)
    turn = float(rng.uniform(0, 2 * np.pi) if surface.any_turn else rng.normal(0, 0.02))
    pose = Pose(tall, turn, bool(rng.random() < 0.5), backdrop.light)
    sprite = render_sprite(draw_figure(name, rng, _paint(canvas, kind, (xs[0], y - tall / 2), tall, rng)), pose, rng)
    stance = "lie" if surface.any_turn else "hang" if kind.stance == "hang" else "stand"
    for x in xs:
        left, top = _corner(sprite, stance, float(x), y, tall)
        if may_lie(canvas, sprite, left, top, least=1.5 * _SMALLEST):
            cast(canvas, sprite, backdrop.light, stance, (left, top), tall)
            paste(canvas, sprite, left, top, number)
            return True
    return False


def _lay_crowd(canvas: Canvas, backdrop: Backdrop, domain: Domain, rng: Generator) -> dict[int, str]:
    """Lay a throng of one class far away, under one number."""
    name = str(rng.choice(["person", "bottle", "chair"]))
    surface = backdrop.surfaces[0]
    width = canvas.numbers.shape[1]
    middle, reach = rng.uniform(0.25, 0.75) * width, 0.16 * width
    for step in range(int(rng.integers(7, 13))):
        kind = THING_KINDS[domain][name]
        tall = kind.height * surface.unit_far * float(rng.uniform(0.4, 0.5) * (0.5 if name == "person" else 0.8))
        x, y = float(middle + rng.uniform(-reach, reach)), surface.far + step * 0.004 * surface.near
        sprite = render_sprite(
            draw_figure(name, rng, _paint(canvas, kind, (x, y - tall / 2), tall, rng)), Pose(tall, 0.0, step % 2 == 0, backdrop.light), rng
        )
        left, top = _corner(sprite, "stand", x, y, tall)
        cast(canvas, sprite, backdrop.light, "stand", (left, top), tall)
        paste(canvas, sprite, left, top, 1)
    return {1: name}


def _paint(canvas: Canvas, kind: ThingKind, middle: tuple[float, float], reach: float, rng: Generator) -> Paint:
    """Choose a colour that stands out, nearly always, from what lies behind."""
    height, width = canvas.numbers.shape
    x, y = middle
    x0, x1 = (int(np.clip(x + side * reach / 2, 0, width - 1)) for side in (-1, 1))
    y0, y1 = (int(np.clip(y + side * reach / 2, 0, height - 1)) for side in (-1, 1))
    behind = canvas.pixels[y0 : y1 + 1 : 4, x0 : x1 + 1 : 4].reshape(-1, 3).mean(axis=0)
    candidates = rng.permutation(len(kind.hues))[: 6 if rng.random() < 0.9 else 1]
    gaps = [float(np.linalg.norm(behind - np.asarray(kind.hues[int(i)], np.float32))) for i in candidates]
    good = [i for i, gap in zip(candidates, gaps, strict=True) if gap > 80]
    hue = kind.hues[int(good[0] if good else candidates[int(np.argmax(gaps))])]
    r, g, b = (int(np.clip(channel + shift, 0, 255)) for channel, shift in zip(hue, rng.integers(-16, 17, 3), strict=True))
    patterns: tuple[Pattern, ...] = ("plain", "plain", "plain", "plain", "stripes", "dots", "checks", "blotches")
    worn = patterns[int(rng.integers(len(patterns)))] if kind.patterned else "plain"
    return Paint((r, g, b), float(rng.uniform(0.03, 0.12)), float(rng.uniform(0.05, 0.4)), worn)


def _corner(sprite: Sprite, stance: str, x: float, y: float, tall: float) -> tuple[int, int]:
    height, width = sprite.coverage.shape
    if stance == "lie":
        return round(x - width / 2), round(y - height / 2)
    base = y + tall if stance == "hang" else y
    return round(x - sprite.feet[0]), round(base - sprite.feet[1])


def _draw_veils(canvas: Canvas, backdrop: Backdrop) -> npt.NDArray[np.uint8]:
    stuff = backdrop.stuff
    for veil in backdrop.veils:
        canvas.pixels += (veil.pixels - canvas.pixels) * veil.coverage[..., None]
        mask = veil.coverage >= 0.5
        stuff[mask] = STUFF.index(veil.stuff)
        canvas.numbers[mask] = 0
    return stuff


def _things(canvas: Canvas, kinds: dict[int, str], crowds: frozenset[int], stuff: npt.NDArray[np.uint8]) -> tuple[Thing, ...]:
    """Collect what can be seen; what is too little to be labelled becomes void."""
    areas = np.bincount(canvas.numbers.ravel(), minlength=max(kinds, default=0) + 1)
    things = []
    for number, kind in kinds.items():
        mask = canvas.numbers == number
        if areas[number] < _SMALLEST * mask.size:
            stuff[mask] = 0
            canvas.numbers[mask] = 0
            continue
        things.append(Thing(number, kind, mask, mask_box(mask), number in crowds))
    return tuple(things)


def mask_box(mask: Mask) -> tuple[int, int, int, int]:
    """Return x, y, width and height of what is True in a mask (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1
