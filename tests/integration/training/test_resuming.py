"""A training that is killed goes on where it was, and ends with the weights of one that was not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning
import pytest
import torch
from torch import Tensor

from lake.lake import open_lake
from tests.support.stages import fit
from tests.support.training_lakes import training_pipeline
from training import training_run
from training.checkpoints import Checkpoints
from training.training_run import TrainingRun, train


class KilledError(Exception):
    """Stands for the end of the process."""


class KilledAt(Checkpoints):
    """Checkpoints as ever, and then the process ends at one step."""

    step = 0

    def on_train_batch_end(self, trainer: lightning.Trainer, *arguments: Any) -> None:
        super().on_train_batch_end(trainer, *arguments)
        if trainer.global_step == self.step:
            raise KilledError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    pipeline = training_pipeline(tmp_path_factory.mktemp("world"), epochs=3, pixels_per_batch=5 * 32 * 32)
    lake = open_lake(pipeline)
    paths = tuple(file.path for file in lake.files("crops"))
    return TrainingRun(lake.store, paths, pipeline.training, "checkpoints/whole/last.ckpt", checkpoint_steps=2)


@pytest.fixture(scope="module")
def undisturbed(run: TrainingRun) -> Mapping[str, Tensor]:
    return train(replace(run, checkpoint_steps=1000))


@pytest.mark.parametrize("step", [3, 5, 6, 11])
def test_a_killed_training_ends_with_the_weights_of_an_undisturbed_one(
    run: TrainingRun, undisturbed: Mapping[str, Tensor], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = replace(run, checkpoint=f"checkpoints/killed-{step}/last.ckpt")
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "Checkpoints", KilledAt)
        patched.setattr(KilledAt, "step", step)
        with pytest.raises(KilledError):
            train(killed)
    assert killed.store.exists(killed.checkpoint)
    resumed = train(killed)
    assert all(torch.equal(resumed[name], undisturbed[name]) for name in undisturbed)


@pytest.mark.parametrize("step", [5, 6])
def test_a_training_goes_on_from_between_two_epochs(
    run: TrainingRun, undisturbed: Mapping[str, Tensor], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = replace(run, checkpoint=f"checkpoints/between-{step}/last.ckpt", checkpoint_steps=1)
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "Checkpoints", KilledAt)
        patched.setattr(KilledAt, "step", step)
        with pytest.raises(KilledError):
            train(killed)
    resumed = train(killed)
    assert all(torch.equal(resumed[name], undisturbed[name]) for name in undisturbed)


def test_checkpoints_do_not_change_the_weights(run: TrainingRun, undisturbed: Mapping[str, Tensor]) -> None:
    weights = train(run)
    assert run.store.exists(run.checkpoint)
    assert all(torch.equal(weights[name], undisturbed[name]) for name in undisturbed)


def test_a_finished_fit_leaves_no_checkpoint(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path)
    fit(pipeline)
    assert not open_lake(pipeline).store.list("checkpoints")
