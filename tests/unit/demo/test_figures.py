import numpy as np
import pytest

from demo.catalogue import THINGS
from demo.figures import draw_figure, parse_steps
from demo.outlines import Paint

PAINT = Paint((200, 40, 40), pattern="dots")


@pytest.mark.parametrize("name", THINGS)
def test_every_class_is_drawn_alike_from_equal_generators_and_otherwise_from_others(name):
    drawn = [looks(draw_figure(name, np.random.default_rng(seed), PAINT)) for seed in (1, 1, *range(2, 8))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def looks(figure):
    return tuple((part.ring.tobytes(), part.paint, part.stroke, part.closed) for part in figure.parts)


@pytest.mark.parametrize("name", THINGS)
def test_every_figure_fills_its_unit_frame(name):
    figure = draw_figure(name, np.random.default_rng(3), PAINT)
    corners = np.concatenate([part.ring for part in figure.parts])
    assert (corners > -0.2).all()
    assert (corners < np.array([figure.width, 1.0]) + 0.2).all()
    assert np.ptp(corners[:, 1]) > 0.7


def test_a_figure_is_painted_in_the_order_of_its_lines():
    key = draw_figure("key", np.random.default_rng(0), PAINT)
    assert [(part.paint is None, part.stroke > 0) for part in key.parts] == [(False, False), (True, False), (False, False), (False, True)]
    assert len(key.parts[2].ring) == 4 + 5 * 3 + 1
    assert key.parts[3].paint == PAINT * 0.6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"disk paint": "0 0 1"}, r"fox: expected a shape, a value or `each NAME of VALUES`, got 'disk paint'"),
        ({"line paint": "0 0, 1 1"}, r"got 'line paint'"),
        ({"each x in (1, 2)": []}, r"got 'each x in"),
        ({"ear": "0.5 +"}, r"fox: '0\.5 \+' is no expression"),
        ({"disc paint": "0 0 paint.grain"}, r"Attribute is not allowed"),
        ({"tail": "[x for x in (1, 2)]"}, r"ListComp is not allowed"),
    ],
)
def test_a_line_that_is_no_part_of_a_figure_is_refused(line, message):
    with pytest.raises(ValueError, match=message):
        parse_steps([line], "fox")
