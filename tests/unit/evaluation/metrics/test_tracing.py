import numpy as np
import pytest

from evaluation.metrics.tracing import TracingPrices, tracing_work


def square(left: int, top: int, side: int) -> np.ndarray:
    mask = np.zeros((80, 80), dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


VALID = np.ones((80, 80), dtype=bool)


def test_a_perfect_outline_saves_all_but_one_click() -> None:
    work = tracing_work(square(20, 20, 40), square(20, 20, 40), tolerance=2, valid=VALID)
    assert (work.matched_share, work.arcs, work.spurious, work.seconds) == (1.0, 0, 0, 3.0)
    assert work.saved == pytest.approx(0.952, abs=1e-3)


def test_half_an_exact_outline_saves_less_than_half() -> None:
    truth = square(20, 20, 40)
    predicted = truth.copy()
    predicted[:, 40:] = False
    work = tracing_work(predicted, truth, tolerance=0, valid=VALID)
    assert work.arcs == 1
    assert work.matched_share == pytest.approx(0.5, abs=0.02)
    assert work.saved == pytest.approx(0.43, abs=0.02)


def test_three_pixels_off_everywhere_saves_nothing() -> None:
    work = tracing_work(square(17, 17, 46), square(20, 20, 40), tolerance=2, valid=VALID)
    assert (work.matched_share, work.saved) == (0.0, 0.0)


def test_a_spurious_part_costs_a_click() -> None:
    work = tracing_work(square(20, 20, 40) | square(1, 1, 5), square(20, 20, 40), tolerance=2, valid=VALID)
    assert (work.spurious, work.seconds) == (1, 6.0)


def test_short_matched_runs_are_redrawn() -> None:
    truth = square(20, 20, 40)
    predicted = np.zeros_like(truth)
    predicted[20:60, 20:24] = True  # one side in full, and a few pixels of two others
    long_enough = tracing_work(predicted, truth, tolerance=0, valid=VALID)
    picky = tracing_work(predicted, truth, tolerance=0, valid=VALID, prices=TracingPrices(shortest_run=200))
    assert long_enough.matched_share > 0.25
    assert picky.matched_share == 0.0


def test_the_frame_is_no_outline_to_draw() -> None:
    truth = np.zeros((80, 80), dtype=bool)
    truth[:, :30] = True
    predicted = truth.copy()
    predicted[:40] = False
    assert tracing_work(truth, truth, tolerance=0, valid=VALID).matched_share == 1.0
    assert tracing_work(predicted, truth, tolerance=0, valid=VALID).matched_share == pytest.approx(0.5, abs=0.03)


def test_a_truth_without_an_outline_is_saved_only_by_its_equal() -> None:
    assert tracing_work(VALID, VALID, tolerance=2, valid=VALID).saved == pytest.approx(0.952, abs=1e-3)
    assert tracing_work(square(20, 20, 20), VALID, tolerance=2, valid=VALID).saved == 0.0


def test_prices_are_settings() -> None:
    dear = tracing_work(
        square(20, 20, 40) | square(1, 1, 5), square(20, 20, 40), tolerance=2, valid=VALID, prices=TracingPrices(click_s=10)
    )
    assert dear.seconds == 20.0
