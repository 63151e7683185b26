"""When a training is saved: by the clock, whatever the steps before have taken."""

import itertools
import random

import pytest

from training.checkpoints import MOST_LOST_S, SaveClock


class Clock:
    """Seconds that go on when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def lost(steps_s: list[float], *, ahead: int) -> list[float]:
    """Return for every step what a kill at its end would lose, when what is said takes effect `ahead` - 1 steps later."""
    clock = Clock()
    due = SaveClock(clock, steps_ahead=ahead)
    saved, told, losses = clock.now, [False] * (ahead - 1), []
    for step_s in steps_s:
        clock.now += step_s
        losses.append(clock.now - saved)
        told.append(due.is_due())
        if told.pop(0):
            clock.now += 3  # what saving takes
            due.saved()
            saved, told = clock.now, [False] * (ahead - 1)
    return losses


@pytest.mark.parametrize("ahead", [1, 2])
@pytest.mark.parametrize(
    "steps_s",
    [
        [0.01] * 30_000,
        [0.05] * 10 + [5.0] * 200,
        [40.0] * 20,
        [*itertools.islice(itertools.cycle([0.1] * 50 + [20.0]), 2000)],
    ],
    ids=["quick", "slow after ten quick ones", "slow", "stalling"],
)
def test_no_more_than_two_minutes_are_lost_whatever_the_pace_does(steps_s: list[float], ahead: int) -> None:
    worst = max(lost(steps_s, ahead=ahead)[100 * (max(steps_s) == 20.0) :])
    assert worst <= MOST_LOST_S + ahead * max(steps_s) * (max(steps_s) == 20.0)
    if sum(steps_s) > MOST_LOST_S:
        assert worst > MOST_LOST_S / 3, "and it is not saved at every step either"


def test_steps_of_any_length_lose_little_more_than_themselves() -> None:
    draw = random.Random(5)
    steps_s = [draw.choice([0.1, 1.0, 10.0, 300.0]) for _ in range(3000)]
    assert max(lost(steps_s, ahead=1)) < MOST_LOST_S + 300.0
    assert max(lost([300.0] * 9, ahead=1)) == 300.0
