"""Progress says rates, rejects and the time left."""

import logging
import threading
import time

import pytest

from jobs.crop import progress
from jobs.crop.progress import Done, progress_line, shown, values_over_time


class Counter:
    value = Done(crops=900, images=100, rejects=100)


def test_a_line_says_crops_and_images_per_second_and_rejects() -> None:
    assert progress_line(Done(3000, 400, 7), 2.0) == "3,000 crops, 1,500 crops/s, 200 images/s, 7 rejects"


def test_without_a_terminal_progress_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.02)
    with caplog.at_level(logging.INFO, "jobs.crop.progress"), shown(Counter(), crops=2000):
        time.sleep(0.2)
    assert caplog.messages and "900 crops" in caplog.messages[0] and "of 2,000" in caplog.messages[0]
    assert "s left" in caplog.messages[0]


def test_rates_count_from_when_something_is_done() -> None:
    class Late:
        answers = 0
        nothing_until = 0.0

        @property
        def value(self) -> Done:
            self.answers += 1
            if self.answers < 5:
                self.nothing_until = time.monotonic()
                return Done()
            return Done(10, 1, 0)

    late = Late()
    value, seconds = next(values_over_time(late, threading.Event(), 0.02))
    assert value == Done(10, 1, 0)
    assert 0 < seconds <= time.monotonic() - late.nothing_until
