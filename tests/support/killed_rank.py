"""Trains as one rank that dies once, for `test_ranks.py`; the time between two steps is a minute by its clock."""

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

import lightning

from training import training_run
from training.checkpoints import Checkpoints
from training.rank import run_rank

DIES_AFTER = 5
"""Steps of the first try."""


class DyingCheckpoints(Checkpoints):
    """Checkpoints by a clock of minutes; rank 1 is killed once, and rank 0 tells where the training began."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        minutes = itertools.count()
        super().__init__(*arguments, **{**settings, "clock": lambda: 60.0 * next(minutes)})

    def on_train_start(self, trainer: lightning.Trainer, *arguments: Any) -> None:
        super().on_train_start(trainer, *arguments)
        if trainer.is_global_zero:
            with Path(sys.argv[1]).parent.joinpath("began").open("a") as told:
                told.write(f"{trainer.global_step}\n")

    def on_train_batch_end(self, trainer: lightning.Trainer, *arguments: Any) -> None:
        super().on_train_batch_end(trainer, *arguments)
        killed = Path(sys.argv[1], "killed")
        if trainer.global_rank == 1 and trainer.global_step == DIES_AFTER and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    training_run.Checkpoints = DyingCheckpoints  # type: ignore[misc]
    run_rank(Path(sys.argv[1]))
