"""Windows keep their aspect and their centre on the canvas, and logits come back where they were."""

import numpy as np
import pytest

from imaging.canvas import MEAN, inside, letterbox, normalise, place, restore


@pytest.mark.parametrize(("height", "width"), [(40, 80), (80, 40), (1, 500), (500, 1), (96, 96), (700, 311)])
def test_the_longer_side_fills_the_canvas_and_the_window_is_centred(height: int, width: int) -> None:
    placement = place(height, width, 96)
    assert max(placement.height, placement.width) == 96
    assert min(placement.height, placement.width) == max(1, round(96 * min(height, width) / max(height, width)))
    assert abs(2 * placement.left + placement.width - 96) <= 1
    assert abs(2 * placement.top + placement.height - 96) <= 1


def test_fill_leaves_the_canvas_free_around_the_window() -> None:
    placement = place(100, 50, 96, fill=0.5)
    assert (placement.height, placement.width) == (48, 24)


def test_beyond_the_window_the_canvas_is_black() -> None:
    canvas = letterbox(np.full((20, 40, 3), 200, np.uint8), place(20, 40, 64))
    rows, columns = inside(place(20, 40, 64))
    assert (canvas[rows, columns] == 200).all()
    canvas[rows, columns] = 0
    assert not canvas.any()


@pytest.mark.parametrize(("height", "width"), [(31, 57), (200, 90), (64, 64), (1, 9)])
def test_an_outline_comes_back_within_a_pixel_of_where_it_was(height: int, width: int) -> None:
    ramp = np.repeat(np.linspace(-1, 1, width, dtype=np.float32)[None], height, axis=0)
    placement = place(height, width, 64)
    pixels = np.repeat(np.rint((ramp[..., None] + 1) * 127.5).astype(np.uint8), 3, axis=-1)
    seen = letterbox(pixels, placement)[..., 0].astype(np.float32) / 127.5 - 1
    restored = restore(seen, placement, height, width)
    assert restored.shape == (height, width)
    step = 2 / max(width - 1, 1)
    assert np.abs(restored - ramp).max() < max(1.0, width / 64) * step + 0.02


def test_a_logit_of_an_equal_sized_window_is_kept_exactly() -> None:
    logits = np.random.default_rng(0).normal(size=(48, 48)).astype(np.float32)
    assert np.array_equal(restore(logits, place(48, 48, 48), 48, 48), logits)


def test_normalising_takes_the_mean_out() -> None:
    grey = np.rint(np.asarray(MEAN) * 255).astype(np.uint8).reshape(1, 1, 3)
    assert np.abs(normalise(grey)).max() < 0.01
