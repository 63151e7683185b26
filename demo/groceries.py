"""Paint in, figures out: the things of shelves, counters and rails."""

import numpy as np
from numpy.random import Generator

from demo.outlines import Figure, FigurePart, Paint, area, box, disc, dye, line, ring, smooth


def bottle(rng: Generator, paint: Paint) -> Figure:
    """A bottle with shoulder, neck, cap and label."""
    shoulder, neck = rng.uniform(0.3, 0.42), rng.uniform(0.045, 0.065)
    c = 0.17
    left = [(c - neck, 0.04), (c - neck, shoulder - 0.14), (c - 0.15, shoulder), (c - 0.16, 0.97), (c - 0.12, 1.0)]
    outline = left + [(2 * c - x, y) for x, y in reversed(left)]
    label = Paint(((236, 228, 206), (222, 60, 50), (44, 90, 160))[int(rng.integers(3))], pattern="stripes")
    return Figure(
        0.34,
        (
            area(outline, paint),
            box(c - 0.16, shoulder + 0.12, c + 0.16, 0.84, label),
            box(c - neck - 0.012, 0.0, c + neck + 0.012, 0.07, dye(paint, 0.5)),
            line([(c - 0.1, shoulder + 0.03), (c - 0.11, 0.95)], 0.018, dye(paint, 1.7)),
        ),
    )


def pizza(rng: Generator, paint: Paint) -> Figure:
    """A pizza seen from above, one slice taken."""
    crust, cheese = Paint((196, 138, 70), grain=0.16), Paint((232, 190, 96), grain=0.2, pattern="blotches")
    start = rng.uniform(0, 2 * np.pi)
    angle = np.linspace(start + 0.75, start + 2 * np.pi, 40)
    wobble = 1 + 0.02 * np.sin(angle * 5 + start)

    def sector(radius: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        rim = np.stack([0.5 + radius * wobble * np.cos(angle), 0.5 + radius * wobble * np.sin(angle)], axis=1)
        return np.concatenate([[[0.5, 0.5]], rim])

    toppings: list[FigurePart] = []
    for a, r in zip(rng.uniform(start + 0.95, start + 2 * np.pi - 0.2, 12), rng.uniform(0.12, 0.36, 12), strict=True):
        toppings.append(disc(0.5 + r * np.cos(a), 0.5 + r * np.sin(a), 0.05, Paint((176, 40, 32), grain=0.1)))
    for a, r in zip(rng.uniform(start + 0.95, start + 2 * np.pi - 0.2, 8), rng.uniform(0.1, 0.36, 8), strict=True):
        toppings.append(disc(0.5 + r * np.cos(a), 0.5 + r * np.sin(a), 0.024, dye(paint, 0.8)))
    return Figure(1.0, (area(sector(0.49), crust), area(sector(0.42), cheese), *toppings))


def fish(rng: Generator, paint: Paint) -> Figure:
    """A whole fish with forked tail and fins."""
    fat = rng.uniform(0.26, 0.38)
    fin = dye(paint, 0.7)
    return Figure(
        2.2,
        (
            area([(1.6, 0.5), (2.18, 0.08), (2.02, 0.5), (2.18, 0.92)], fin),
            smooth([(0.7, 0.3), (0.9, 0.02), (1.25, 0.08), (1.35, 0.34)], fin),
            area([(0.8, 0.72), (1.0, 0.98), (1.12, 0.7)], fin),
            smooth(
                [
                    (0.02, 0.52),
                    (0.3, 0.5 - fat * 0.75),
                    (0.8, 0.5 - fat),
                    (1.4, 0.42),
                    (1.78, 0.46),
                    (1.78, 0.54),
                    (1.4, 0.6),
                    (0.8, 0.5 + fat),
                    (0.3, 0.5 + fat * 0.75),
                ],
                paint,
            ),
            line([(0.48, 0.5 - fat * 0.75), (0.54, 0.5), (0.48, 0.5 + fat * 0.75)], 0.022, fin),
            disc(0.26, 0.43, 0.05, Paint((240, 238, 226))),
            disc(0.26, 0.43, 0.026, Paint((20, 20, 24))),
        ),
    )


def banana(rng: Generator, paint: Paint) -> Figure:
    """A bunch of two bananas on one stem."""
    skin = Paint((234, 200, 62), grain=0.06)
    bend = rng.uniform(0.0, 0.12)

    def fruit(shift: float) -> list[tuple[float, float]]:
        return [
            (0.1 + shift, 0.08),
            (0.2 + shift, 0.12),
            (0.3 + shift, 0.42 - bend),
            (0.62, 0.66 - shift),
            (1.02, 0.7 - shift),
            (1.26, 0.62 - shift),
            (1.28, 0.7 - shift),
            (1.05, 0.93 - shift),
            (0.6, 0.94 - shift),
            (0.24 + shift, 0.7),
            (0.08 + shift, 0.34),
        ]

    return Figure(
        1.32,
        (
            smooth(fruit(0.13), dye(skin, 0.8)),
            smooth(fruit(0.0), skin),
            line([(0.17, 0.12), (0.2, 0.02)], 0.09, Paint((110, 92, 40))),
            disc(1.25, 0.66, 0.035, dye(paint, 0.4)),
        ),
    )


def wine_glass(rng: Generator, paint: Paint) -> Figure:
    """A stemmed glass with a drink in it."""
    level = rng.uniform(0.16, 0.3)
    glass = Paint((196, 208, 214), grain=0.02, shine=0.7)
    bowl = [(0.06, 0.02), (0.03, 0.26), (0.1, 0.44), (0.24, 0.52), (0.38, 0.44), (0.45, 0.26), (0.42, 0.02), (0.24, 0.04)]
    drink = [(0.055, level), (0.11, 0.42), (0.24, 0.49), (0.37, 0.42), (0.425, level), (0.24, level + 0.03)]
    return Figure(
        0.48,
        (
            line([(0.24, 0.5), (0.24, 0.94)], 0.035, glass),
            disc(0.24, 0.95, 0.17, dye(glass, 0.85), flatten=0.25),
            smooth(bowl, glass),
            smooth(drink, paint),
            disc(0.24, 0.04, 0.185, dye(glass, 1.2), flatten=0.14),
        ),
    )


def basket(rng: Generator, paint: Paint) -> Figure:
    """A wire basket: the background shows through its mesh and under its handle."""
    wire = 0.03
    columns = int(rng.integers(5, 8))
    upright = [line([(0.1 + 1.0 * t, 0.45), (0.22 + 0.76 * t, 0.94)], wire, dye(paint, 0.85)) for t in np.linspace(0, 1, columns)]
    rows = [line([(0.1 + 0.12 * t, 0.45 + 0.49 * t), (1.1 - 0.12 * t, 0.45 + 0.49 * t)], wire, paint) for t in (0.33, 0.66)]
    angle = np.linspace(np.pi, 2 * np.pi, 24)
    handle = np.stack([0.6 + 0.48 * np.cos(angle), 0.44 + 0.4 * np.sin(angle)], axis=1)
    return Figure(
        1.2,
        (
            line(handle, 0.045, dye(paint, 0.7)),
            *upright,
            *rows,
            line([(0.05, 0.44), (1.15, 0.44)], 0.085, paint),
            line([(0.22, 0.95), (0.98, 0.95)], 0.07, paint),
        ),
    )


def hanger(rng: Generator, paint: Paint) -> Figure:
    """A coat hanger: thin, open in the middle."""
    drop = rng.uniform(0.62, 0.8)
    hook = [(0.8, 0.42), (0.8, 0.28), (0.88, 0.2), (0.88, 0.08), (0.8, 0.04), (0.72, 0.08), (0.7, 0.16)]
    return Figure(
        1.6,
        (
            line(hook, 0.045, Paint((170, 174, 180), shine=0.5)),
            line([(0.8, 0.42), (1.54, drop + 0.12), (1.48, 0.93), (0.12, 0.93), (0.06, drop + 0.12)], 0.085, paint, closed=True),
        ),
    )


def shoe(rng: Generator, paint: Paint) -> Figure:
    """A trainer from the side."""
    collar = rng.uniform(0.05, 0.16)
    sole = Paint((236, 234, 228), grain=0.05)
    upper = [
        (0.06, 0.8),
        (0.04, 0.3),
        (0.1, collar),
        (0.34, collar + 0.12),
        (0.56, collar),
        (0.86, 0.4),
        (1.3, 0.52),
        (1.62, 0.68),
        (1.66, 0.84),
    ]
    laces = [line([(0.66 + 0.1 * i, 0.26 + 0.07 * i), (0.58 + 0.1 * i, 0.42 + 0.06 * i)], 0.028, sole) for i in range(4)]
    return Figure(
        1.72,
        (
            smooth(upper, paint),
            disc(0.34, collar + 0.08, 0.2, dye(paint, 0.4), flatten=0.3),
            area([(0.5, 0.8), (0.92, 0.8), (1.24, 0.54), (1.1, 0.5)], dye(paint, 1.5)),
            smooth([(0.02, 0.8), (0.04, 0.99), (0.5, 0.95), (0.9, 0.99), (1.6, 0.99), (1.72, 0.86), (1.62, 0.8), (0.8, 0.84)], sole),
            *laces,
        ),
    )


def shirt(rng: Generator, paint: Paint) -> Figure:
    """A T-shirt laid flat."""
    sleeve = rng.uniform(0.36, 0.46)
    outline = [(0.36, 0.04), (0.46, 0.1), (0.56, 0.12), (0.66, 0.1), (0.76, 0.04), (1.0, 0.14), (1.11, sleeve), (0.9, sleeve + 0.06)]
    outline += [(0.86, 0.32), (0.88, 0.98), (0.24, 0.98), (0.26, 0.32), (0.22, sleeve + 0.06), (0.01, sleeve), (0.12, 0.14)]
    print_ = Paint(((240, 236, 226), (30, 34, 48), (230, 186, 40))[int(rng.integers(3))])
    return Figure(
        1.12,
        (
            area(outline, paint),
            line([(0.36, 0.05), (0.46, 0.11), (0.56, 0.13), (0.66, 0.11), (0.76, 0.05)], 0.028, dye(paint, 0.6)),
            disc(0.56, 0.46, 0.14, print_, flatten=float(rng.uniform(0.5, 1.0))),
        ),
    )


def pineapple(rng: Generator, paint: Paint) -> Figure:
    """A pineapple with its crown of leaves."""
    flesh, leaf = Paint((188, 132, 44), grain=0.16, pattern="checks"), Paint((64, 118, 58), grain=0.1)
    leaves: list[FigurePart] = []
    for angle in np.linspace(-1.0, 1.0, 7) + rng.uniform(-0.06, 0.06):
        length = 0.4 - 0.12 * abs(angle)
        tip = (0.25 + 0.9 * length * np.sin(angle) * 0.8, 0.42 - length * np.cos(angle))
        leaves.append(area([(0.19, 0.44), tip, (0.31, 0.44)], dye(leaf, float(rng.uniform(0.7, 1.4)))))
    return Figure(
        0.5,
        (*leaves, disc(0.25, 0.69, 0.235, flesh, flatten=1.3), ring(0.25, 0.4, 0.05, 0.02, dye(paint, 0.5), flatten=0.4)),
    )
