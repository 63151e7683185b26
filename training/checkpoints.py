"""Checkpoints of a training in the store, from which a killed run goes on exactly."""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import lightning
import torch
import torch.distributed

from lake.storage.store import Store

MOST_LOST_S = 120.0
"""What a killed run loses at most, as long as a step takes less."""

_RECENT = 0.5  # share of the longest step that is remembered from one step to the next

_log = logging.getLogger(__name__)


class SaveClock:
    """Says after each step whether it is time to save: when the next step may end too late."""

    def __init__(self, clock: Callable[[], float], *, most_lost_s: float = MOST_LOST_S, steps_ahead: int = 1) -> None:
        """Start the clock.

        Args:
            clock: Seconds that only go on.
            most_lost_s: What may be lost, in seconds.
            steps_ahead: How many steps pass before what is said now takes effect.
        """
        self._clock, self._most_lost_s, self._steps_ahead = clock, most_lost_s, steps_ahead
        self._saved = self._stepped = clock()
        self._step_s = 0.0

    def is_due(self) -> bool:
        """Tell whether to save, at the end of a step."""
        now = self._clock()
        self._step_s = max(now - self._stepped, self._step_s * _RECENT)
        self._stepped = now
        return now - self._saved + self._steps_ahead * self._step_s >= self._most_lost_s

    def saved(self) -> None:
        """Begin to count anew; the time that saving takes is no step's."""
        self._saved = self._stepped = self._clock()


class _Agreement:
    """What rank 0 has said after the step before, told to all ranks: on the CPU, so that no device is waited for."""

    def __init__(self) -> None:
        self._group = torch.distributed.new_group(backend="gloo")
        self._on_its_way: tuple[torch.Tensor, Any] | None = None

    def say(self, is_due: bool) -> bool:
        """Send rank 0's word for the next step, and return the one that was sent at the step before."""
        before = self._on_its_way
        word = torch.tensor([is_due], dtype=torch.uint8)
        self._on_its_way = word, torch.distributed.broadcast(word, src=0, group=self._group, async_op=True)
        if before is None:
            return False
        before[1].wait()
        return bool(before[0].item())

    def forget(self) -> None:
        """Take the word that is on its way off it: it was said before what has just been saved."""
        if self._on_its_way is not None:
            self._on_its_way[1].wait()
            self._on_its_way = None


class Checkpoints(lightning.Callback):
    """Writes the state of a training to one object of the store; the newest replaces the one before."""

    def __init__(self, store: Store, path: str, *, every_steps: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Say where the state goes.

        Args:
            store: That outlives this machine.
            path: Of the object.
            every_steps: Steps between two checkpoints; by default so few that at most `MOST_LOST_S` is lost.
            clock: Seconds that only go on.
        """
        self._store, self._path = store, path
        self._every, self._clock = every_steps, clock
        self._saved_step = 0
        self._is_due = False
        self._save_clock: SaveClock | None = None
        self._agreement: _Agreement | None = None

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Start the clock; several ranks agree on each step by rank 0's, since they save together."""
        self._saved_step = trainer.global_step
        if trainer.world_size > 1:
            self._agreement = _Agreement()
        self._save_clock = SaveClock(self._clock, steps_ahead=1 if self._agreement is None else 2)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save where it is time; behind the last step of an epoch when the epoch has ended."""
        self._is_due = self._is_due_after(trainer.global_step)
        if self._is_due and batch_idx + 1 < trainer.num_training_batches:
            self._save(trainer)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Save what was due at the last step, unless it was the last of all."""
        if self._is_due and trainer.current_epoch + 1 < (trainer.max_epochs or 0):
            self._save(trainer)

    def _is_due_after(self, step: int) -> bool:
        if self._every is not None or self._save_clock is None:
            return self._every is not None and step - self._saved_step >= self._every
        due = self._save_clock.is_due()
        return due if self._agreement is None else self._agreement.say(due)

    def _save(self, trainer: lightning.Trainer) -> None:
        with tempfile.TemporaryDirectory(prefix="centrepiece-checkpoint-") as folder:
            file = Path(folder, "last.ckpt")
            trainer.save_checkpoint(file)
            if trainer.is_global_zero:
                with file.open("rb") as state, self._store.open_output(self._path) as output:
                    copyfileobj(state, output, 8 << 20)
                _log.info("step %s is saved to %s", trainer.global_step, self._store.uri(self._path))
        self._saved_step, self._is_due = trainer.global_step, False
        if self._agreement is not None:
            self._agreement.forget()
        if self._save_clock is not None:
            self._save_clock.saved()


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
