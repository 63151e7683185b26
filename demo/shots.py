"""The world's images as files: each scene with the image file that a camera would have left of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.camera import Photograph, save
from demo.catalogue import DOMAINS, Domain
from demo.scenes import Scene
from demo.world import scene


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One scene and its image file."""

    scene: Scene
    photograph: Photograph

    @property
    def file_name(self) -> str:
        """Name of the image file, without a folder."""
        return self.scene.name + self.photograph.extension


def shots(domain: Domain, *, images: int, seed: int = 7, long_side: int | None = None) -> Iterator[Shot]:
    """Take the images of one domain, one at a time.

    Args:
        domain: Whose images.
        images: Size of the whole world; every third image is of one domain.
        seed: Of the world.
        long_side: See `demo.world.scenes`.
    """
    for index in range(DOMAINS.index(domain), images, len(DOMAINS)):
        taken = scene(index, seed=seed, long_side=long_side)
        yield Shot(taken, save(taken.pixels, np.random.default_rng([seed, 3, index])))


def with_images_in(folder: Path, taken: Iterable[Shot]) -> Iterator[Shot]:
    """Write each shot's image file into the folder, then hand the shot on."""
    folder.mkdir(parents=True, exist_ok=True)
    for shot in taken:
        (folder / shot.file_name).write_bytes(shot.photograph.data)
        yield shot
