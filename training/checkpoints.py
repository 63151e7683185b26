"""Checkpoints of a training in the store, from which a killed run goes on exactly."""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import lightning

from lake.storage.store import Store

CHECKPOINT_INTERVAL_S = 120.0
"""Between two checkpoints, roughly: what a killed run loses at most."""

_PROBE_STEPS = 10  # after which the pace is known

_log = logging.getLogger(__name__)


class Checkpoints(lightning.Callback):
    """Writes the state of a training to one object of the store; the newest replaces the one before."""

    def __init__(self, store: Store, path: str, *, every_steps: int | None = None) -> None:
        """Say where the state goes.

        Args:
            store: That outlives this machine.
            path: Of the object.
            every_steps: Steps between two checkpoints; by default as many as take `CHECKPOINT_INTERVAL_S`.
        """
        self._store, self._path = store, path
        self._every = every_steps
        self._saved_step = self._first_step = 0
        self._began = 0.0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._first_step = self._saved_step = trainer.global_step

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save where it is time, except behind the last step of an epoch: the next step is soon enough."""
        step = trainer.global_step
        if self._every is None and step - self._first_step == _PROBE_STEPS:
            pace = (time.monotonic() - self._began) / _PROBE_STEPS
            # rank 0 decides for all: they save together
            self._every = int(trainer.strategy.broadcast(max(1, round(CHECKPOINT_INTERVAL_S / pace))))
        due = self._every is not None and step - self._saved_step >= self._every
        if due and batch_idx + 1 < trainer.num_training_batches:
            self._save(trainer)
            self._saved_step = step

    def _save(self, trainer: lightning.Trainer) -> None:
        with tempfile.TemporaryDirectory(prefix="centrepiece-checkpoint-") as folder:
            file = Path(folder, "last.ckpt")
            trainer.save_checkpoint(file)
            if trainer.is_global_zero:
                with file.open("rb") as state, self._store.open_output(self._path) as output:
                    copyfileobj(state, output, 8 << 20)
                _log.info("step %s is saved to %s", trainer.global_step, self._store.uri(self._path))


@contextmanager
def saved_state(store: Store, path: str) -> Iterator[Path | None]:
    """Give the newest checkpoint as a file of this machine; None where there is none."""
    if not store.exists(path):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="centrepiece-resume-") as folder:
        file = Path(folder, "last.ckpt")
        with store.open_input(path) as state, file.open("wb") as output:
            copyfileobj(state, output, 8 << 20)
        yield file
