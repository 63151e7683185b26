import numpy as np

from demo.catalogue import THINGS
from demo.figures import draw_figure
from demo.outlines import Figure, FigurePart, Paint, polygon, rounded_box, smooth_curve
from demo.sprites import Pose, render_sprite

PAINT = Paint((200, 40, 40))


def test_a_curve_passes_through_its_points():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [0.0, 1.0]])
    drawn = smooth_curve(*points)
    assert drawn.shape == (24, 2)
    np.testing.assert_allclose(drawn[::6], points, atol=1e-12)


def test_a_rounded_box_stays_inside_its_corners():
    ring = rounded_box(0.0, 0.0, 2.0, 1.0, 0.25)
    assert ring.min() >= 0
    assert ring[:, 0].max() == 2.0
    assert not ((ring[:, 0] > 1.99) & (ring[:, 1] > 0.99)).any()


def test_a_dyed_paint_is_darker_and_plain():
    dyed = Paint((100, 200, 50), pattern="dots") * 0.5
    assert dyed.colour == (50, 100, 25)
    assert dyed.pattern == "plain"


def test_a_part_without_paint_cuts_a_hole():
    square = FigurePart(polygon((0, 0), (1, 0), (1, 1), (0, 1)), PAINT)
    hole = FigurePart(rounded_box(0.25, 0.25, 0.75, 0.75), None)
    sprite = render_sprite(Figure(1.0, (square, hole)), Pose(100), np.random.default_rng(0))
    solid = sprite.coverage >= 0.5
    centre = solid.shape[0] // 2
    assert not solid[centre, centre]
    assert abs(int(solid.sum()) - 7500) <= 250


def test_every_class_has_an_outline_that_is_neither_its_box_nor_an_ellipse():
    for name in THINGS:
        solid = render_sprite(draw_figure(name, np.random.default_rng(3), PAINT), Pose(120), np.random.default_rng(3)).coverage >= 0.5
        rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
        tight = solid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = tight.shape
        y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        ellipse = x * x + y * y <= 1
        assert tight.mean() < 0.93, name
        assert (tight & ellipse).sum() / (tight | ellipse).sum() < 0.93, name


def test_open_things_show_what_is_behind_them():
    from imaging.masks.masks import encode
    from tests.support.mask_oracles import mask_properties

    for name in ("bicycle", "mug", "key", "basket", "hanger"):
        solid = render_sprite(draw_figure(name, np.random.default_rng(5), PAINT), Pose(160), np.random.default_rng(5)).coverage >= 0.5
        assert mask_properties(encode(solid), *solid.shape).holes >= 1, name
