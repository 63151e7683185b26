"""The demo world: its images, one after the other, from a seed."""

from collections.abc import Iterator

import numpy as np

from demo.catalogue import DOMAINS
from demo.scenes import Scene, compose

SIZES: tuple[tuple[int, int], ...] = ((480, 640), (480, 640), (480, 640), (640, 480), (427, 640), (375, 500), (512, 512), (600, 800))
"""Heights and widths that the images come in, px."""
FRAMES_PER_SEQUENCE = 2


def scenes(*, images: int, seed: int = 7, long_side: int | None = None) -> Iterator[Scene]:
    """Render the world's images, one at a time; the domains take turns.

    Args:
        images: How many; image `i` is the same whatever their number.
        seed: Of the world.
        long_side: Scale every image so that its longer side is this many px; None keeps the natural sizes.
    """
    for index in range(images):
        yield scene(index, seed=seed, long_side=long_side)


def scene(index: int, *, seed: int = 7, long_side: int | None = None) -> Scene:
    """Render one image of the world; see `scenes`.

    Images of the driving domain come in sequences: the frames of one sequence share their stage and their size.
    """
    domain = DOMAINS[index % len(DOMAINS)]
    number = index // len(DOMAINS)
    stage = number // FRAMES_PER_SEQUENCE if domain == "driving" else number
    stage_rng = np.random.default_rng([seed, 1, index % len(DOMAINS), stage])
    rng = np.random.default_rng([seed, 2, index])
    size = _size(stage_rng, long_side)
    return compose(index, domain, scene_name(index), size, stage_rng, rng)


def scene_name(index: int) -> str:
    """Return the stem of an image's files; in the driving domain, what stands before `_` names the sequence."""
    number, domain = divmod(index, len(DOMAINS))
    if DOMAINS[domain] == "driving":
        sequence, frame = divmod(number, FRAMES_PER_SEQUENCE)
        return f"s{sequence:05d}_{frame:02d}"
    return f"{DOMAINS[domain][0]}{number:06d}"


def _size(rng: np.random.Generator, long_side: int | None) -> tuple[int, int]:
    height, width = SIZES[int(rng.integers(len(SIZES)))]
    if long_side is None:
        return height, width
    scale = long_side / max(height, width)
    return max(16, round(height * scale)), max(16, round(width * scale))
