"""What a scene's empty stage is made of: its pixels, its stuff, where things may stand, and what hides them in front."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo.catalogue import STUFF, Stance
from demo.outlines import Colour
from demo.textures import Field

Ids = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Surface:
    """A part of the stage on which things stand, lie or hang: from `far` to `near` (y of their base), left to right."""

    stances: tuple[Stance, ...]
    left: float
    right: float
    far: float
    near: float
    unit_far: float  # px that one unit of `ThingKind.height` has there
    unit_near: float
    any_turn: bool = False  # seen from above: things lie in any direction
    kinds: tuple[str, ...] = ()  # only these classes; empty means all


@dataclass(frozen=True, slots=True)
class Veil:
    """Something in front of everything: its coverage (h, w), its pixels (h, w, 3) and the stuff it is."""

    coverage: Field
    pixels: Field
    stuff: str


@dataclass(frozen=True, slots=True)
class Backdrop:
    """An empty stage: float32 RGB pixels (h, w, 3), numbers in `STUFF` (h, w), surfaces, veils and the light."""

    pixels: Field
    stuff: Ids
    surfaces: tuple[Surface, ...]
    light: tuple[float, float]
    veils: tuple[Veil, ...] = ()


@dataclass(slots=True)
class Scenery:
    """A backdrop in the making."""

    pixels: Field
    stuff: Ids

    @classmethod
    def empty(cls, height: int, width: int) -> "Scenery":
        """Return a stage with nothing on it."""
        return cls(np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.uint8))

    def band(self, top: int, bottom: int, colour: Colour | Field, field: Field, stuff: str) -> None:
        """Cover the rows from `top` to `bottom` with a colour times a field of that many rows."""
        tint = np.asarray(colour, np.float32)
        self.pixels[top:bottom] = field[..., None] * tint
        self.stuff[top:bottom] = STUFF.index(stuff)

    def patch(self, left: int, top: int, colour: Colour, field: Field, stuff: str) -> None:
        """Cover the rectangle at (left, top) of the field's size, as far as it lies on the stage."""
        height, width = self.stuff.shape
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(width, left + field.shape[1]), min(height, top + field.shape[0])
        if x0 < x1 and y0 < y1:
            inner = field[y0 - top : y1 - top, x0 - left : x1 - left]
            self.pixels[y0:y1, x0:x1] = inner[..., None] * np.asarray(colour, np.float32)
            self.stuff[y0:y1, x0:x1] = STUFF.index(stuff)

    def blot(self, mask: npt.NDArray[np.bool_], colour: Colour, field: Field, stuff: str) -> None:
        """Cover a mask (h, w) of the whole stage with a colour times a field (h, w)."""
        self.pixels[mask] = field[mask][:, None] * np.asarray(colour, np.float32)
        self.stuff[mask] = STUFF.index(stuff)


def vary(rng: Generator, colour: Colour, spread: int = 18) -> Colour:
    """Return a colour near the given one."""
    r, g, b = (int(np.clip(channel + shift, 0, 255)) for channel, shift in zip(colour, rng.integers(-spread, spread + 1, 3), strict=True))
    return r, g, b


def pick(rng: Generator, colours: tuple[Colour, ...]) -> Colour:
    """Return a variation of one of the colours."""
    return vary(rng, colours[int(rng.integers(len(colours)))])


def ramp(height: int, width: int, top: float, bottom: float) -> Field:
    """Return a vertical gradient: (height, width) from `top` to `bottom`."""
    column = np.linspace(top, bottom, max(height, 1), dtype=np.float32)[:height]
    return np.repeat(column[:, None], width, axis=1)


def bar(height: int, width: int, *, x: float, thickness: float, colour: Colour, stuff: str, lean: float = 0.0) -> Veil:
    """Return an upright bar in front of the scene: a lamp post, the edge of a shelf.

    Args:
        height: Of the scene, px.
        width: Of the scene, px.
        x: Of the bar's middle at the top, px.
        thickness: px.
        colour: RGB of its lit middle.
        stuff: What it is.
        lean: Horizontal drift down to the bottom, px.
    """
    rows = np.arange(height, dtype=np.float32)[:, None] / height
    across = np.abs(np.arange(width, dtype=np.float32)[None, :] - (x + lean * rows))
    coverage = np.clip(thickness / 2 - across + 0.5, 0, 1).astype(np.float32)
    roundness = np.clip(1.1 - (across / max(thickness, 1)) ** 2 * 2.4, 0.3, 1.1).astype(np.float32)
    return Veil(coverage, roundness[..., None] * np.asarray(colour, np.float32), stuff)


def window_grid(rng: Generator, height: int, width: int, *, cell: int) -> npt.NDArray[np.bool_]:
    """Return the panes of a facade: (height, width), True on glass."""
    y, x = np.ogrid[:height, :width]
    fill_x, fill_y = rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.7)
    pane = (((x + cell // 3) % cell) < cell * fill_x) & (((y + cell // 2) % cell) < cell * fill_y)
    return np.asarray(pane & (y > cell // 3), np.bool_)


def soft_blobs(rng: Generator, height: int, width: int, *, level: float, bumps: int) -> npt.NDArray[np.bool_]:
    """Return a leafy mass that fills the field below a bumpy line around `level` (share of the height)."""
    heights = cv2.resize(rng.standard_normal((1, bumps)).astype(np.float32), (width, 1), interpolation=cv2.INTER_CUBIC)[0]
    fringe = cv2.resize(rng.standard_normal((1, bumps * 6)).astype(np.float32), (width, 1), interpolation=cv2.INTER_CUBIC)[0]
    edge = height * (level + 0.16 * heights + 0.035 * fringe)
    return np.asarray(np.arange(height)[:, None] > edge[None, :], np.bool_)
