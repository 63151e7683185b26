"""Simulated paired differences of many strata: sizes, shapes and sharing within images are a world's, the seed is the caller's."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Shape = Literal["normal", "laplace", "t3", "rare gains", "rare losses"]
Sizes = Literal["few", "even", "two", "one"]

DEVIATION = 0.12
"""Of paired differences of edge F between two models; .105 to .128 were measured."""


@dataclass(frozen=True, slots=True)
class World:
    """How differences come about."""

    name: str
    shape: Shape = "laplace"
    shared: float = 0.08  # of the variance, by the instances of an image
    sizes: Sizes = "few"  # instances an image: 1 to 40, mostly few; 1 to 40 evenly; 1 or 40; 1
    strata: tuple[int, ...] = (400,) * 30  # instances of each
    deviation: float = DEVIATION


@dataclass(frozen=True, slots=True)
class Differences:
    """Paired differences, candidate minus champion."""

    values: Values  # (N,)
    images: Codes  # (N,)
    strata: Codes  # (N,)


REFERENCE = World("Laplace tails")
NO_CHANGE = (
    REFERENCE,
    World("even image sizes", sizes="even"),
    World("heavy tails (t of 3), a third shared", shape="t3", shared=0.3),
    World("rare large gains (exponential)", shape="rare gains"),
    World("rare large losses (exponential)", shape="rare losses"),
    World("small strata of 60", strata=(60,) * 30),
    World("small strata of 60, rare large gains", shape="rare gains", strata=(60,) * 30),
    World("strata of 40 to 4,000, heavy tails", shape="t3", strata=tuple(int(count) for count in np.geomspace(40, 4000, 30))),
)
"""Worlds in which nothing changes; the skewed ones are no exchange of like models, but their mean is 0."""

PLANTED = (
    REFERENCE,
    World("as measured at most: deviation .128, design effect 1.28", shared=0.03, deviation=0.128),
    World("heavy tails (t of 3)", shape="t3"),
    World("rare large gains", shape="rare gains"),
    World("rare large losses", shape="rare losses"),
    World("even image sizes, 20 images a stratum, design effect 1.28", shared=0.011, sizes="even"),
    World("even image sizes, 20 images a stratum, design effect 3.1", sizes="even"),
)
"""Worlds in which one stratum loses 5 points and the others gain one."""


def image_sizes(rng: np.random.Generator, kind: Sizes, images: int) -> Codes:
    """Return (images,) instances of each image."""
    if kind == "even":
        return rng.integers(1, 41, images)
    if kind == "two":
        return np.where(rng.random(images) < 0.15, np.int64(40), np.int64(1))
    if kind == "one":
        return np.ones(images, dtype=np.int64)
    return np.clip(np.round(rng.lognormal(1.2, 0.9, images)), 1, 40).astype(np.int64)


def sizes_of_stratum(rng: np.random.Generator, kind: Sizes, instances: int) -> Codes:
    """Return instances an image that add up to `instances`."""
    sizes = image_sizes(rng, kind, instances)
    whole = sizes[: int(np.searchsorted(np.cumsum(sizes), instances)) + 1]
    whole[-1] -= whole.sum() - instances
    return whole[whole > 0]


def draws(rng: np.random.Generator, shape: Shape, count: int) -> Values:
    """Return (count,) values of mean 0 and variance 1."""
    if shape == "normal":
        return rng.normal(0, 1, count)
    if shape == "t3":
        return np.asarray(rng.standard_t(3, count) / np.sqrt(3))
    if shape == "rare gains":
        return rng.exponential(1, count) - 1
    if shape == "rare losses":
        return 1 - rng.exponential(1, count)
    return rng.laplace(0, np.sqrt(0.5), count)


def values_of(rng: np.random.Generator, world: World, sizes: Codes) -> tuple[Values, Codes]:
    """Return the differences of images of these sizes, and each one's image."""
    images = np.repeat(np.arange(len(sizes)), sizes)
    shared = draws(rng, world.shape, len(sizes))[images]
    own = draws(rng, world.shape, len(images))
    return world.deviation * (np.sqrt(world.shared) * shared + np.sqrt(1 - world.shared) * own), images


def differences(rng: np.random.Generator, world: World) -> Differences:
    """Return differences without any true change; each image lies in one stratum."""
    sizes = [sizes_of_stratum(rng, world.sizes, instances) for instances in world.strata]
    values, images = values_of(rng, world, np.concatenate(sizes))
    return Differences(values, images, np.repeat(np.arange(len(world.strata)), world.strata))
