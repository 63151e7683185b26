"""Paint in, figures out: the things of roads and pavements."""

import numpy as np
from numpy.random import Generator

from demo.outlines import Figure, FigurePart, Paint, area, box, disc, dye, line, ring, smooth

RUBBER = Paint((34, 34, 36), grain=0.08, shine=0.1)
GLASS = Paint((58, 74, 92), grain=0.02, shine=0.6)
CHROME = Paint((168, 172, 178), grain=0.03, shine=0.5)
SKINS = ((236, 196, 168), (204, 152, 118), (150, 102, 72), (98, 66, 46))


def _wheel(x: float, y: float, radius: float) -> tuple[FigurePart, ...]:
    return disc(x, y, radius, RUBBER), disc(x, y, radius * 0.6, CHROME), disc(x, y, radius * 0.2, RUBBER)


def car(rng: Generator, paint: Paint) -> Figure:
    """A car from the side."""
    roof = rng.uniform(0.0, 0.1)
    body = [(0.03, 0.72), (0.05, 0.5), (0.4, 0.42), (0.72, 0.06 + roof), (1.1, 0.02 + roof), (1.5, 0.08 + roof), (1.86, 0.4)]
    body += [(2.24, 0.47), (2.32, 0.6), (2.3, 0.8), (0.08, 0.8)]
    panes = [[(0.62, 0.4), (0.82, 0.14 + roof), (1.1, 0.11 + roof), (1.1, 0.4)], [(1.17, 0.4), (1.17, 0.11 + roof), (1.44, 0.15 + roof)]]
    panes[1] += [(1.68, 0.4)]
    return Figure(
        2.34,
        (
            smooth(body, paint),
            *(area(pane, GLASS) for pane in panes),
            line([(1.13, 0.42), (1.13, 0.74)], 0.014, dye(paint, 0.5)),
            line([(0.1, 0.66), (2.26, 0.66)], 0.03, dye(paint, 0.7)),
            disc(0.1, 0.56, 0.05, Paint((250, 240, 200), shine=0.6)),
            disc(2.25, 0.56, 0.045, Paint((180, 30, 30), shine=0.4)),
            *_wheel(0.5, 0.79, 0.205),
            *_wheel(1.82, 0.79, 0.205),
        ),
    )


def truck(rng: Generator, paint: Paint) -> Figure:
    """A box truck: cab, gap, cargo box, three wheels."""
    box_top = rng.uniform(0.0, 0.08)
    cargo = Paint((214, 210, 200), pattern="stripes") if rng.random() < 0.5 else dye(paint, 1.25)
    return Figure(
        1.9,
        (
            box(0.3, 0.72, 1.86, 0.82, Paint((52, 52, 54))),
            box(0.62, box_top, 1.88, 0.74, cargo),
            area([(0.02, 0.84), (0.02, 0.56), (0.12, 0.26), (0.54, 0.24), (0.54, 0.84)], paint),
            area([(0.09, 0.52), (0.16, 0.32), (0.34, 0.31), (0.34, 0.52)], GLASS),
            box(0.0, 0.78, 0.2, 0.86, CHROME),
            *_wheel(0.3, 0.85, 0.14),
            *_wheel(1.35, 0.85, 0.14),
            *_wheel(1.66, 0.85, 0.14),
        ),
    )


def bus(rng: Generator, paint: Paint) -> Figure:
    """A city bus from the side."""
    count = int(rng.integers(4, 7))
    step = 1.75 / count
    panes = [box(0.22 + step * i, 0.17, 0.22 + step * (i + 0.86), 0.46, GLASS, rounded=0.02) for i in range(count)]
    return Figure(
        2.2,
        (
            box(0.0, 0.05, 2.2, 0.88, paint, rounded=0.1),
            box(0.3, 0.0, 1.3, 0.08, dye(paint, 0.8), rounded=0.03),
            *panes,
            area([(0.02, 0.2), (0.16, 0.17), (0.16, 0.5), (0.02, 0.52)], GLASS),
            box(0.0, 0.6, 2.2, 0.66, dye(paint, 0.6)),
            *_wheel(0.46, 0.86, 0.14),
            *_wheel(1.74, 0.86, 0.14),
        ),
    )


def bicycle(rng: Generator, paint: Paint) -> Figure:
    """A bicycle: the background shows through wheels and frame."""
    y, r = 0.68, 0.285
    back, front, crank = (0.31, y), (1.29, y), (0.74, y + 0.02)
    saddle, head = (0.6, 0.24), (1.12, 0.24)
    tube = 0.042
    spokes = [
        line([(hub[0] - r * np.cos(a), y - r * np.sin(a)), (hub[0] + r * np.cos(a), y + r * np.sin(a))], 0.012, CHROME)
        for hub in (back, front)
        for a in np.arange(3) * np.pi / 3 + rng.uniform(0, 1)
    ]
    return Figure(
        1.6,
        (
            *spokes,
            ring(*back, r, 0.05, RUBBER),
            ring(*front, r, 0.05, RUBBER),
            line([back, saddle, crank, back], tube, paint),
            line([saddle, head, crank], tube, paint),
            line([(1.08, 0.12), head, front], tube, paint),
            line([(0.56, 0.12), saddle], 0.03, CHROME),
            line([(0.46, 0.1), (0.68, 0.1)], 0.06, RUBBER),
            line([(1.22, 0.08), (1.08, 0.1), (1.0, 0.06)], 0.04, RUBBER),
            disc(*crank, 0.06, CHROME),
            line([crank, (0.84, 0.82)], 0.03, CHROME),
        ),
    )


def person(rng: Generator, paint: Paint) -> Figure:
    """A person walking or standing, arms free of the body."""
    stride, swing = rng.uniform(0.03, 0.12), rng.uniform(0.02, 0.1)
    skin = Paint(SKINS[int(rng.integers(len(SKINS)))], grain=0.03)
    trousers = Paint(((44, 52, 84), (70, 62, 52), (36, 36, 40), (120, 108, 84))[int(rng.integers(4))], grain=0.08)
    hair = Paint(((38, 28, 22), (92, 62, 34), (196, 168, 106), (120, 120, 120))[int(rng.integers(4))], grain=0.2)
    c = 0.22
    return Figure(
        0.44,
        (
            line([(c - 0.1, 0.24), (c - 0.14 - swing, 0.4), (c - 0.1 - swing, 0.52)], 0.055, dye(paint, 0.8)),
            line([(c - 0.03, 0.52), (c - 0.03 - stride * 0.5, 0.74), (c - 0.05 - stride, 0.96)], 0.085, dye(trousers, 0.85)),
            line([(c + 0.04, 0.52), (c + 0.05 + stride * 0.6, 0.74), (c + 0.03 + stride, 0.96)], 0.09, trousers),
            line([(c - 0.07 - stride, 0.975), (c - stride, 0.975)], 0.045, RUBBER),
            line([(c + 0.02 + stride, 0.975), (c + 0.1 + stride, 0.975)], 0.045, RUBBER),
            smooth(
                [(c - 0.12, 0.2), (c - 0.09, 0.4), (c - 0.1, 0.55), (c + 0.1, 0.55), (c + 0.09, 0.4), (c + 0.12, 0.2), (c, 0.15)], paint
            ),
            line([(c + 0.1, 0.23), (c + 0.13 + swing, 0.38), (c + 0.16 + swing * 0.6, 0.5)], 0.06, dye(paint, 1.1)),
            disc(c + 0.165 + swing * 0.6, 0.52, 0.026, skin),
            disc(c - 0.1 - swing, 0.54, 0.026, skin),
            box(c - 0.025, 0.11, c + 0.025, 0.18, skin),
            disc(c, 0.085, 0.06, skin, flatten=1.25),
            smooth([(c - 0.065, 0.1), (c - 0.06, 0.03), (c, 0.0), (c + 0.06, 0.03), (c + 0.06, 0.06), (c, 0.05)], hair),
        ),
    )


def traffic_light(rng: Generator, paint: Paint) -> Figure:
    """A signal head with hoods on a pole."""
    lit = int(rng.integers(3))
    colours = ((220, 40, 36), (236, 176, 40), (48, 200, 96))
    lamps: list[FigurePart] = []
    for row, colour in enumerate(colours):
        glow = Paint(colour, shine=0.6)
        lamps.append(disc(0.15, 0.07 + row * 0.115, 0.042, glow if row == lit else dye(glow, 0.35)))
        lamps.append(line([(0.21, 0.035 + row * 0.115), (0.29, 0.05 + row * 0.115)], 0.03, dye(paint, 0.6)))
    return Figure(
        0.3,
        (
            box(0.125, 0.38, 0.175, 1.0, CHROME),
            box(0.09, 0.93, 0.21, 1.0, dye(CHROME, 0.6)),
            box(0.06, 0.0, 0.24, 0.39, paint, rounded=0.03),
            *lamps,
        ),
    )


def stop_sign(rng: Generator, paint: Paint) -> Figure:
    """An octagonal, triangular or round sign on a post."""
    sides = (8, 3, 24)[int(rng.integers(3))]
    angle = np.arange(sides) * 2 * np.pi / sides + (np.pi / 8 if sides == 8 else np.pi / 2)
    radius = 0.19 if sides != 3 else 0.24
    rim, face = (np.stack([0.24 + r * np.cos(angle), 0.2 + r * np.sin(angle)], axis=1) for r in (radius, radius * 0.78))
    return Figure(
        0.48,
        (
            box(0.22, 0.3, 0.26, 1.0, CHROME),
            area(rim, Paint((206, 38, 34), shine=0.3)),
            area(face, Paint((236, 232, 224), shine=0.3)),
            box(0.15, 0.18, 0.33, 0.22, paint),
        ),
    )


def cone(rng: Generator, paint: Paint) -> Figure:
    """A traffic cone with white bands."""
    flare = rng.uniform(0.0, 0.04)
    orange, white = Paint((236, 98, 30), grain=0.05), Paint((238, 236, 228), shine=0.3)

    def slope(y: float) -> float:
        return 0.035 + (0.19 + flare) * y

    bands = [
        area([(0.36 - slope(a), a), (0.36 + slope(a), a), (0.36 + slope(b), b), (0.36 - slope(b), b)], white)
        for a, b in ((0.24, 0.42), (0.56, 0.72))
    ]
    trunk = [(0.36 - slope(0), 0.0), (0.36 + slope(0), 0.0), (0.36 + slope(0.92), 0.92), (0.36 - slope(0.92), 0.92)]
    return Figure(
        0.72, (box(0.02, 0.9, 0.7, 0.99, dye(orange, 0.75)), area(trunk, orange), *bands, line([(0.2, 0.99), (0.5, 0.99)], 0.01, paint))
    )


def dog(rng: Generator, paint: Paint) -> Figure:
    """A standing dog from the side."""
    tail = rng.uniform(-0.1, 0.16)
    far = dye(paint, 0.65)
    return Figure(
        1.3,
        (
            line([(0.42, 0.6), (0.46, 0.8), (0.43, 0.96)], 0.085, far),
            line([(0.98, 0.6), (1.02, 0.8), (0.98, 0.96)], 0.09, far),
            line([(1.08, 0.4), (1.2, 0.28), (1.26, 0.12 + tail)], 0.055, dye(paint, 0.85)),
            smooth([(0.3, 0.36), (0.34, 0.6), (0.55, 0.68), (0.85, 0.62), (1.08, 0.66), (1.14, 0.46), (1.0, 0.36), (0.6, 0.36)], paint),
            line([(0.36, 0.6), (0.34, 0.8), (0.34, 0.96)], 0.09, paint),
            line([(1.08, 0.56), (1.12, 0.78), (1.08, 0.96)], 0.095, paint),
            smooth([(0.24, 0.3), (0.3, 0.5), (0.48, 0.46), (0.46, 0.26)], paint),
            smooth([(0.02, 0.26), (0.06, 0.35), (0.26, 0.38), (0.4, 0.3), (0.38, 0.14), (0.24, 0.1), (0.14, 0.2)], paint),
            smooth([(0.3, 0.1), (0.3, 0.3), (0.39, 0.34), (0.42, 0.16)], dye(paint, 0.5)),
            disc(0.04, 0.27, 0.032, RUBBER),
            disc(0.22, 0.19, 0.02, RUBBER),
        ),
    )


def hydrant(rng: Generator, paint: Paint) -> Figure:
    """A fire hydrant with side outlets."""
    cap = rng.uniform(0.04, 0.08)
    return Figure(
        0.62,
        (
            box(0.1, 0.88, 0.52, 0.99, dye(paint, 0.75), rounded=0.02),
            box(0.02, 0.42, 0.6, 0.54, dye(paint, 0.85), rounded=0.03),
            box(0.16, 0.22, 0.46, 0.9, paint, rounded=0.03),
            disc(0.31, 0.22, 0.19, dye(paint, 1.1), flatten=0.75),
            box(0.12, 0.2, 0.5, 0.27, dye(paint, 0.8), rounded=0.02),
            box(0.31 - cap, 0.0, 0.31 + cap, 0.1, dye(paint, 0.7)),
            disc(0.31, 0.48, 0.09, CHROME),
        ),
    )
