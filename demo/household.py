"""Paint in, figures out: the things of rooms and gardens."""

import numpy as np
from numpy.random import Generator

from demo.outlines import Figure, FigurePart, Paint, area, box, disc, dye, line, ring, smooth

WOOD = Paint((139, 94, 52), grain=0.12, shine=0.05)
STEEL = Paint((176, 180, 186), grain=0.04, shine=0.5)
LEAF = Paint((58, 120, 48), grain=0.14, shine=0.1)


def chair(rng: Generator, paint: Paint) -> Figure:
    """A chair seen from the side: slatted back, seat, four legs."""
    back = rng.uniform(0.0, 0.06)
    frame = dye(paint, 0.8)
    slats = [line([(0.08 + back * y, y), (0.08 + back * y + 0.02, y + 0.07)], 0.05, paint) for y in (0.08, 0.2, 0.32)]
    return Figure(
        0.62,
        (
            line([(0.42, 0.55), (0.46, 0.97)], 0.05, dye(paint, 0.55)),
            line([(0.2, 0.55), (0.17, 0.93)], 0.05, dye(paint, 0.55)),
            line([(0.05 - back, 0.03), (0.1, 0.55), (0.06, 0.97)], 0.055, frame),
            line([(0.16 - back, 0.03), (0.2, 0.5)], 0.045, frame),
            *slats,
            line([(0.04 - back, 0.05), (0.17 - back, 0.05)], 0.06, paint),
            area([(0.06, 0.5), (0.5, 0.5), (0.58, 0.58), (0.58, 0.63), (0.08, 0.63)], paint),
            line([(0.55, 0.6), (0.56, 0.97)], 0.055, frame),
        ),
    )


def mug(rng: Generator, paint: Paint) -> Figure:
    """A mug with an open handle."""
    taper = rng.uniform(0.0, 0.08)
    inside = dye(paint, 0.45)
    return Figure(
        1.0,
        (
            ring(0.72, 0.52, 0.2, 0.085, dye(paint, 0.85), flatten=1.2),
            smooth(
                [
                    (0.05, 0.12),
                    (0.05 + taper / 2, 0.6),
                    (0.1 + taper, 0.95),
                    (0.39, 0.99),
                    (0.68 - taper, 0.95),
                    (0.73 - taper / 2, 0.6),
                    (0.73, 0.12),
                    (0.39, 0.16),
                ],
                paint,
            ),
            disc(0.39, 0.12, 0.34, dye(paint, 1.15), flatten=0.28),
            disc(0.39, 0.125, 0.29, inside, flatten=0.24),
        ),
    )


def scissors(rng: Generator, paint: Paint) -> Figure:
    """Open scissors: two blades, two ringed grips."""
    spread = rng.uniform(0.05, 0.14)
    grips = [ring(0.25 + side * (0.12 + spread * 0.5), 0.84, 0.095, 0.05, paint, flatten=1.3) for side in (-1, 1)]
    blades = [
        area(
            [
                (0.25 - side * spread * 1.2, 0.0),
                (0.25 + side * 0.03, 0.45),
                (0.25 + side * 0.1, 0.72),
                (0.25 + side * 0.03, 0.74),
                (0.25 - side * 0.05, 0.5),
                (0.25 - side * (spread * 1.2 + 0.03), 0.06),
            ],
            STEEL,
        )
        for side in (-1, 1)
    ]
    return Figure(0.5, (*blades, *grips, disc(0.25, 0.5, 0.025, dye(STEEL, 0.5))))


def key(rng: Generator, paint: Paint) -> Figure:
    """A key: bow with a hole, shank, cut teeth."""
    depths = rng.uniform(0.03, 0.11, size=5)
    teeth: list[tuple[float, float]] = [(0.26, 0.94)]
    for step, depth in enumerate(depths):
        y = 0.9 - step * 0.08
        teeth += [(0.26 + depth, y), (0.26 + depth, y - 0.04), (0.26, y - 0.06)]
    return Figure(
        0.44,
        (
            disc(0.22, 0.2, 0.2, paint, flatten=1.0),
            disc(0.22, 0.12, 0.06, None),
            area([(0.17, 0.36), (0.17, 0.94), (0.21, 0.99), *teeth, (0.26, 0.36)], paint),
            line([(0.2, 0.42), (0.2, 0.9)], 0.015, dye(paint, 0.6)),
        ),
    )


def lamp(rng: Generator, paint: Paint) -> Figure:
    """A table lamp: shade, stem, foot."""
    top = rng.uniform(0.12, 0.2)
    foot = dye(paint, 0.5)
    return Figure(
        0.64,
        (
            line([(0.32, 0.4), (0.32, 0.93)], 0.04, Paint((120, 112, 100), shine=0.4)),
            disc(0.32, 0.62, 0.07, foot, flatten=1.3),
            disc(0.32, 0.95, 0.19, foot, flatten=0.26),
            area([(0.32 - top, 0.0), (0.32 + top, 0.0), (0.63, 0.42), (0.01, 0.42)], paint),
            line([(0.02, 0.42), (0.62, 0.42)], 0.02, dye(paint, 0.75)),
        ),
    )


def umbrella(rng: Generator, paint: Paint) -> Figure:
    """An open umbrella with scalloped rim and hooked handle."""
    count = int(rng.integers(4, 7))
    arc = np.linspace(np.pi, 2 * np.pi, 30)
    dome = [(0.55 + 0.54 * np.cos(a), 0.5 + 0.44 * np.sin(a)) for a in arc]
    width = 1.08 / count
    scallops = [(1.09 - width * (i + f), 0.5 - 0.07 * np.sin(np.pi * f)) for i in range(count) for f in (0.0, 0.25, 0.5, 0.75)]
    ribs = [line([(0.55, 0.06), (1.09 - width * i, 0.5)], 0.012, dye(paint, 0.6)) for i in range(1, count)]
    hook = [(0.55, 0.05), (0.55, 0.9), (0.57, 0.96), (0.62, 0.98), (0.67, 0.95), (0.68, 0.89)]
    return Figure(
        1.1,
        (
            line(hook, 0.035, Paint((70, 52, 40), shine=0.4)),
            line([(0.55, 0.0), (0.55, 0.1)], 0.025, dye(paint, 0.5)),
            area(dome + scallops, paint),
            *ribs,
        ),
    )


def teapot(rng: Generator, paint: Paint) -> Figure:
    """A teapot: belly, spout, open handle, lid with a knob."""
    lift = rng.uniform(0.0, 0.06)
    return Figure(
        1.5,
        (
            ring(1.15, 0.55, 0.22, 0.075, dye(paint, 0.85), flatten=1.15),
            smooth(
                [(0.42, 0.62), (0.18, 0.5), (0.1, 0.3 - lift), (0.0, 0.24 - lift), (0.16, 0.22 - lift), (0.26, 0.34), (0.5, 0.46)],
                dye(paint, 0.92),
            ),
            smooth([(0.4, 0.4), (0.32, 0.68), (0.46, 0.96), (0.78, 0.99), (1.08, 0.96), (1.22, 0.68), (1.12, 0.4), (0.77, 0.26)], paint),
            disc(0.77, 0.27, 0.27, dye(paint, 1.15), flatten=0.4),
            disc(0.77, 0.1, 0.075, dye(paint, 0.8)),
        ),
    )


def cat(rng: Generator, paint: Paint) -> Figure:
    """A sitting cat with a curled tail."""
    tail = rng.uniform(-0.06, 0.1)
    dark = dye(paint, 0.35)
    curl = [(0.55, 0.9), (0.72, 0.93), (0.8, 0.8), (0.76, 0.66 + tail), (0.84, 0.58 + tail)]
    return Figure(
        0.88,
        (
            line(curl, 0.07, dye(paint, 0.85)),
            smooth([(0.18, 0.34), (0.12, 0.6), (0.1, 0.97), (0.36, 0.99), (0.6, 0.98), (0.66, 0.8), (0.56, 0.55), (0.42, 0.36)], paint),
            line([(0.2, 0.6), (0.2, 0.96)], 0.085, dye(paint, 1.1)),
            line([(0.33, 0.62), (0.33, 0.96)], 0.085, dye(paint, 1.1)),
            area([(0.09, 0.2), (0.08, 0.0), (0.24, 0.1)], paint),
            area([(0.47, 0.2), (0.49, 0.0), (0.32, 0.1)], paint),
            disc(0.285, 0.24, 0.215, paint, flatten=0.85),
            disc(0.21, 0.22, 0.03, dark),
            disc(0.36, 0.22, 0.03, dark),
            area([(0.265, 0.28), (0.305, 0.28), (0.285, 0.31)], Paint((190, 110, 110))),
        ),
    )


def guitar(rng: Generator, paint: Paint) -> Figure:
    """A guitar: waisted body, neck, head."""
    waist = rng.uniform(0.1, 0.13)
    neck = dye(WOOD, 0.5)
    return Figure(
        0.42,
        (
            smooth(
                [
                    (0.21, 0.5),
                    (0.08, 0.54),
                    (0.21 - waist, 0.68),
                    (0.01, 0.84),
                    (0.1, 0.98),
                    (0.21, 1.0),
                    (0.32, 0.98),
                    (0.41, 0.84),
                    (0.21 + waist, 0.68),
                    (0.34, 0.54),
                ],
                paint,
            ),
            box(0.185, 0.1, 0.235, 0.6, neck),
            area([(0.17, 0.1), (0.16, 0.01), (0.26, 0.01), (0.25, 0.1)], dye(neck, 0.8)),
            *(line([(0.14, y), (0.28, y)], 0.015, STEEL) for y in (0.03, 0.055, 0.08)),
            disc(0.21, 0.68, 0.055, Paint((30, 22, 18))),
            box(0.14, 0.85, 0.28, 0.88, neck),
        ),
    )


def plant(rng: Generator, paint: Paint) -> Figure:
    """A potted plant of arching leaves."""
    leaves: list[FigurePart] = []
    for angle in np.linspace(-1.15, 1.15, int(rng.integers(6, 9))) + rng.uniform(-0.08, 0.08):
        length = 0.62 - 0.16 * abs(angle) + rng.uniform(-0.06, 0.04)
        along = np.array([np.sin(angle), -np.cos(angle)])
        across = np.array([along[1], -along[0]]) * 0.055
        root, droop = np.array([0.4, 0.7]), np.array([0.0, 0.09 * abs(angle)])
        tip = root + along * length + droop
        belly = root + along * length * 0.55
        shade = dye(LEAF, float(rng.uniform(0.75, 1.35)))
        leaves.append(smooth(np.array([root, belly + across, tip, belly - across]), shade))
    pot = [(0.2, 0.68), (0.6, 0.68), (0.54, 0.99), (0.26, 0.99)]
    return Figure(0.8, (*leaves, area(pot, paint), box(0.17, 0.66, 0.63, 0.74, dye(paint, 1.15))))
