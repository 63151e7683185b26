"""What an empty stage is made of: its pixels, its stuff, where things may stand, and what hides them in front."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo import textures
from demo.catalogue import STUFF, Stance
from demo.outlines import Colour
from demo.textures import Field
from imaging.masks.rle import Mask


@dataclass(frozen=True, slots=True)
class Surface:
    """A part of the stage on which things stand, lie or hang: from `far` to `near` (y of their base), over its whole width."""

    stances: tuple[Stance, ...]
    far: float
    near: float
    unit_far: float  # px that one unit of `ThingKind.height` has there
    unit_near: float
    any_turn: bool = False  # seen from above: things lie in any direction
    kinds: tuple[str, ...] = ()  # only these classes; empty means all


@dataclass(frozen=True, slots=True)
class Veil:
    """Something in front of everything: its coverage (H, W), its pixels (H, W, 3) and the stuff it is."""

    coverage: Field
    pixels: Field
    stuff: str


@dataclass(frozen=True, slots=True)
class Backdrop:
    """An empty stage: float32 RGB pixels (H, W, 3), numbers in `STUFF` (H, W), surfaces, veils and the light."""

    pixels: Field
    stuff: npt.NDArray[np.uint8]
    surfaces: tuple[Surface, ...]
    light: tuple[float, float]
    veils: tuple[Veil, ...] = ()


class Scenery:
    """A backdrop in the making, and the generator that everything on it is drawn from."""

    def __init__(self, rng: Generator, height: int, width: int) -> None:
        """Start with nothing on it; height and width are px."""
        self.rng, self.height, self.width = rng, height, width
        self.pixels: Field = np.zeros((height, width, 3), np.float32)
        self.stuff = np.zeros((height, width), np.uint8)

    def pick(self, *colours: Colour) -> Colour:
        """Return a variation of one of the colours."""
        colour = colours[int(self.rng.integers(len(colours)))]
        r, g, b = (int(np.clip(channel + shift, 0, 255)) for channel, shift in zip(colour, self.rng.integers(-18, 19, 3), strict=True))
        return r, g, b

    def rough(self, rows: int, strength: float) -> Field:
        """Return a rough surface as wide as the stage: (rows, W), mean 1."""
        return textures.rough(self.rng, rows, self.width, strength=strength)

    def ramp(self, rows: int, top: float, bottom: float) -> Field:
        """Return a vertical gradient as wide as the stage: (rows, W) from `top` to `bottom`."""
        return np.repeat(np.linspace(top, bottom, max(rows, 1), dtype=np.float32)[:rows, None], self.width, axis=1)

    def patch(self, stuff: str, colour: Colour, field: Field, *, top: int, left: int = 0) -> None:
        """Cover a rectangle with a colour times a field, as far as it lies on the stage.

        Args:
            stuff: What it is.
            colour: RGB, 0 to 255.
            field: (h, w) float32, of the rectangle's size.
            top: Of the rectangle, px.
            left: Of the rectangle, px.
        """
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.width, left + field.shape[1]), min(self.height, top + field.shape[0])
        if x0 < x1 and y0 < y1:
            inner = field[y0 - top : y1 - top, x0 - left : x1 - left]
            self.pixels[y0:y1, x0:x1] = inner[..., None] * np.asarray(colour, np.float32)
            self.stuff[y0:y1, x0:x1] = STUFF.index(stuff)

    def blot(self, stuff: str, colour: Colour, field: Field, mask: Mask) -> None:
        """Cover what a mask of the whole stage holds with a colour times a field.

        Args:
            stuff: What it is.
            colour: RGB, 0 to 255.
            field: (H, W) float32.
            mask: (H, W) bool.
        """
        self.pixels[mask] = field[mask][:, None] * np.asarray(colour, np.float32)
        self.stuff[mask] = STUFF.index(stuff)

    def bar(self, stuff: str, colour: Colour, *, x: float, thickness: float) -> Veil:
        """Return an upright bar in front of the scene, such as a lamp post: its middle's x and its thickness are px."""
        across = np.abs(np.repeat(np.arange(self.width, dtype=np.float32)[None, :], self.height, axis=0) - np.float32(x))
        coverage = np.clip(thickness / 2 - across + 0.5, 0, 1).astype(np.float32)
        roundness = np.clip(1.1 - (across / max(thickness, 1)) ** 2 * 2.4, 0.3, 1.1).astype(np.float32)
        return Veil(coverage, roundness[..., None] * np.asarray(colour, np.float32), stuff)

    def backdrop(self, *surfaces: Surface, light: tuple[float, float], veils: tuple[Veil, ...] = ()) -> Backdrop:
        """Return what was made, with where things may be laid on it."""
        return Backdrop(self.pixels, self.stuff, surfaces, light, veils)
