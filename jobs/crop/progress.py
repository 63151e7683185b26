"""How far cutting has come, shown while workers work: a progress bar on a terminal, a log line now and then elsewhere."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lake.console import shared_console

LOG_EVERY_S = 15.0
_SHOW_EVERY_S = 0.5
_log = logging.getLogger(__name__)


class Done(NamedTuple):
    """What workers have done so far; for eyes alone, a task that is tried again counts twice."""

    crops: int = 0
    images: int = 0
    rejects: int = 0


@contextmanager
def shown(done: Any, *, crops: int) -> Iterator[None]:
    """Show, while the block runs, crops and images per second, rejects and the time left.

    Args:
        done: A counter of `Done`, as `jobs.workers.Workers.counter` returns it.
        crops: That are planned in all.
    """
    ended = threading.Event()
    show = _draw if sys.stderr.isatty() else _write
    thread = threading.Thread(target=show, args=(done, crops, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def progress_line(done: Done, seconds: float) -> str:
    """Say the rates in words.

    Args:
        done: What workers have done so far.
        seconds: Since they began.
    """
    rate, images = (count / max(seconds, 1e-9) for count in (done.crops, done.images))
    return f"{done.crops:,} crops, {rate:,.0f} crops/s, {images:,.0f} images/s, {done.rejects:,} rejects"


def _draw(done: Any, crops: int, ended: threading.Event) -> None:
    columns = (TextColumn("crop"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=shared_console(), transient=True) as progress:
        task = progress.add_task("starting", total=crops)
        for value, seconds in values_over_time(done, ended, _SHOW_EVERY_S):
            progress.update(task, completed=value.crops + value.rejects, description=progress_line(value, seconds))


def _write(done: Any, crops: int, ended: threading.Event) -> None:
    logged = 0.0
    for value, seconds in values_over_time(done, ended, min(_SHOW_EVERY_S, LOG_EVERY_S)):
        if seconds - logged >= LOG_EVERY_S:
            logged = seconds
            left = (crops - value.crops - value.rejects) * seconds / max(value.crops + value.rejects, 1)
            _log.info("%s of %s; about %.0f s left", progress_line(value, seconds), f"{crops:,}", left)


def values_over_time(done: Any, ended: threading.Event, every_s: float) -> Iterator[tuple[Done, float]]:
    """Yield now and then what is done, and the seconds since nothing was: workers take a while to start.

    Args:
        done: A counter of `Done`.
        ended: Set to end.
        every_s: Seconds between two values.
    """
    began = time.monotonic()
    while not ended.wait(every_s):
        value = done.value
        if value == Done():
            began = time.monotonic()
        else:
            yield value, time.monotonic() - began
