"""A seed in, scenes out, one after the other: the demo world."""

from collections.abc import Iterator

import numpy as np

from demo.catalogue import DOMAINS
from demo.scenes import Scene, compose

SIZES: tuple[tuple[int, int], ...] = ((480, 640), (480, 640), (480, 640), (640, 480), (427, 640), (375, 500), (512, 512), (600, 800))
"""Heights and widths that the pictures come in, px."""
FRAMES_PER_SEQUENCE = 2


def scenes(*, images: int, seed: int = 7, long_side: int | None = None) -> Iterator[Scene]:
    """Render the world's pictures, one at a time; the domains take turns.

    Args:
        images: How many; picture `i` is the same whatever their number.
        seed: Of the world.
        long_side: Scale every picture so that its longer side is this many px; None keeps the natural sizes.
    """
    for index in range(images):
        yield scene(index, seed=seed, long_side=long_side)


def scene(index: int, *, seed: int = 7, long_side: int | None = None) -> Scene:
    """Render one picture of the world; see `scenes`.

    Pictures of the driving domain come in sequences: the frames of one sequence share their stage and their size.
    """
    domain = DOMAINS[index % len(DOMAINS)]
    number = index // len(DOMAINS)
    sequence, frame = divmod(number, FRAMES_PER_SEQUENCE)
    driving = domain == "driving"
    place = np.random.default_rng([seed, 1, index % len(DOMAINS), sequence if driving else number])
    rng = np.random.default_rng([seed, 2, index])
    size = _size(place, long_side)
    name = f"s{sequence:05d}_{frame:02d}" if driving else f"{domain[0]}{number:06d}"
    return compose(index, domain, name, size, place, rng)


def _size(rng: np.random.Generator, long_side: int | None) -> tuple[int, int]:
    height, width = SIZES[int(rng.integers(len(SIZES)))]
    if long_side is None:
        return height, width
    scale = long_side / max(height, width)
    return max(16, round(height * scale)), max(16, round(width * scale))
