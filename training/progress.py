"""Progress of a training: lines of the log, and a progress bar on a terminal."""

import logging
import sys
import time
from typing import Any

import lightning
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lake.console import shared_console

_LINE_INTERVAL_S = 10.0
"""Between two lines of the log."""

_log = logging.getLogger(__name__)


class ProgressReport(lightning.Callback):
    """Tells step, loss and rate; reads the loss only when it tells, since reading waits for the device."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._told = self._began = 0.0
        self._first = 0
        self._bar: Progress | None = None

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Start the clock, and the bar where a person looks on."""
        self._began = self._told = time.monotonic()
        self._first = trainer.global_step
        if trainer.is_global_zero and sys.stderr.isatty():
            columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
            self._bar = Progress(*columns, console=shared_console(), transient=True)
            self._bar.add_task("", total=self._steps, completed=self._first)
            self._bar.start()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell where training stands, now and then."""
        now, step = time.monotonic(), trainer.global_step
        if not trainer.is_global_zero or (now - self._told < _LINE_INTERVAL_S and step < self._steps and not self._bar):
            return
        if now - self._told >= _LINE_INTERVAL_S or step == self._steps:
            self._told = now
            rate = (step - self._first) / (now - self._began)
            message = f"epoch {trainer.current_epoch + 1}, loss {float(outputs['loss']):.3f}, {rate:.2f} steps/s"
            _log.info("step %s of %s, %s", step, self._steps, message)
            if self._bar:
                self._bar.update(self._bar.task_ids[0], description=message)
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=step)

    def teardown(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        """Take the bar away, also after an error."""
        if self._bar:
            self._bar.stop()
            self._bar = None
