"""One training from crops to weights; the same in this process and in each rank of several."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import lightning
import torch
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor

from lake.configuration import TrainingSpec
from lake.errors import EmptyCheckError, ModelError
from lake.storage.store import Store
from training.checkpoints import Checkpoints, saved_state
from training.crop_index import CropIndex, index_crops
from training.hardware import Hardware, choose_hardware
from training.loader import EpochLoader, LoaderSpec
from training.module import SegmentationModule
from training.order import RankShare, epoch_plan, steps_of
from training.progress import ProgressReport

Weights = Mapping[str, Tensor]
LIGHTNING_ASKS_TORCH = r"`isinstance\(treespec, LeafSpec\)` is deprecated"
"""What torch 2.13 says of a question that Lightning 2.6 asks it at every step; nothing a user can act on."""

SILENCE = timedelta(minutes=10)
"""Of a rank, after which the others take it for dead."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What one training reads, and how."""

    store: Store
    paths: tuple[str, ...]  # Parquet files of `crops`
    spec: TrainingSpec
    checkpoint: str  # path in the store for the state of an unfinished training
    checkpoint_steps: int | None = None  # between two checkpoints; by default as few as it takes to lose at most two minutes


class _CropsOfEpoch(lightning.LightningDataModule):
    """Gives each epoch its own loader."""

    def __init__(self, run: TrainingRun, index: CropIndex, share: RankShare, hardware: Hardware) -> None:
        super().__init__()
        self._spec, self._index, self._share = run.spec, index, share
        self._reading = LoaderSpec(
            run.store,
            index,
            run.spec.canvas,
            run.spec.seed,
            augmented=True,
            threads=hardware.loader_threads,
            pinned=hardware.accelerator == "cuda",
        )

    def train_dataloader(self) -> EpochLoader:
        epoch = self.trainer.current_epoch if self.trainer else 0
        order = epoch_plan(self._index, self._share, seed=self._spec.seed, epoch=epoch)
        return EpochLoader(self._reading, order, epoch=epoch, world_size=self._share.world_size)


def train(run: TrainingRun, *, rank: int = 0, world_size: int = 1) -> Weights:
    """Train a network on the train split.

    Equal runs give equal weights on one processor: every choice is a hash of the seed, the epoch and the crop.

    Args:
        run: What to read and how to train.
        rank: Of this process among all that train together.
        world_size: How many those are.

    Returns:
        The network's state by name, on the CPU. What was learnt is equal on every rank; the statistics of the batch
        normalisation are those of the rank's own crops, and rank 0's are the ones to keep.

    Raises:
        EmptyCheckError: No crop is in the train split.
        ModelError: Training stopped before its last step, or diverged.
    """
    hardware = choose_hardware(run.spec)
    torch.set_num_threads(hardware.threads)
    index = index_crops(run.store, run.paths, ["train"])
    if not len(index):
        raise EmptyCheckError("no crop is in the train split: there is nothing to train on; check splits and balance")
    share = RankShare(rank, world_size, batch_size(run.spec))
    steps = run.spec.epochs * steps_of(len(index), share)
    plan = f"{len(index):,} crops for {steps:,} steps of {share.batch} crops"
    _log.info("training %s on %s; %s", run.spec.network, plan, hardware.in_words())
    with torch.random.fork_rng():
        torch.manual_seed(run.spec.seed)
        fused = hardware.precision != "16-mixed"
        module = SegmentationModule(network=run.spec.network, learning_rate=run.spec.learning_rate, steps=steps, fused=fused)
    trainer = _trainer(run, hardware, world_size, steps)
    with saved_state(run.store, run.checkpoint) as saved:
        if saved:
            _log.info("training goes on from a checkpoint: %s", run.store.uri(run.checkpoint))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=LIGHTNING_ASKS_TORCH, category=FutureWarning)
            trainer.fit(module, datamodule=_CropsOfEpoch(run, index, share, hardware), ckpt_path=saved, weights_only=True)
    return _checked_weights(module, trainer.global_step, steps)


def batch_size(spec: TrainingSpec) -> int:
    """Return how many crops one device takes a step: what fills `pixels_per_batch`, at least two for the statistics."""
    return max(2, spec.pixels_per_batch // spec.canvas**2)


def _trainer(run: TrainingRun, hardware: Hardware, world_size: int, steps: int) -> lightning.Trainer:
    spec = run.spec
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return lightning.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices if world_size > 1 else 1,
        num_nodes=max(1, world_size // hardware.devices),
        strategy=DDPStrategy(timeout=SILENCE) if world_size > 1 else "auto",
        precision=hardware.precision,
        max_epochs=spec.epochs,
        gradient_clip_val=1.0,
        benchmark=hardware.accelerator == "cuda",
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        callbacks=[ProgressReport(steps), Checkpoints(run.store, run.checkpoint, every_steps=run.checkpoint_steps)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _checked_weights(module: SegmentationModule, step: int, steps: int) -> Weights:
    # a SIGTERM ends Lightning's loop without an error, so only the count of steps tells
    if step != steps:
        raise ModelError(f"training stopped after step {step:,} of {steps:,}; run fit again: it goes on from its last checkpoint")
    weights = {name: value.detach().cpu() for name, value in module.network.state_dict().items()}
    wrong = [name for name, value in weights.items() if value.is_floating_point() and not bool(torch.isfinite(value).all())]
    if wrong:
        raise ModelError(f"training diverged: {wrong[0]!r} and {len(wrong) - 1} others are not finite; lower training.learning_rate")
    return weights
