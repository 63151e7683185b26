"""The LightningModule: the network, its loss, its optimiser and its learning-rate schedule."""

from typing import Any

import lightning
import torch
from torch import Tensor

from imaging.canvas import DEVIATION, MEAN
from training.loader import Batch
from training.loss import segmentation_loss
from training.u2net import build_network

WARM_UP = 0.15
"""Share of all steps in which the learning rate rises to its peak; it then falls to nearly zero along a cosine."""


_MEAN, _DEVIATION = torch.tensor(MEAN), torch.tensor(DEVIATION)


class SegmentationModule(lightning.LightningModule):
    """Trains one network with AdamW and one cycle of the learning rate."""

    def __init__(self, *, network: str, learning_rate: float, steps: int, fused: bool = True) -> None:
        """Build the network.

        Args:
            network: Its name in `training.u2net.NETWORKS`.
            learning_rate: Peak of the cycle.
            steps: Of the whole training.
            fused: Let AdamW update all weights in one pass; not together with a gradient scaler.
        """
        super().__init__()
        self.network = build_network(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._learning_rate, self._steps, self._fused = learning_rate, steps, fused

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """Return the batch's loss, so scaled that the mean over ranks is the mean over the step's samples."""
        logits = self.network(normalised_pixels(batch.pixels))
        soft_mask = batch.soft_mask.float() / 255
        return segmentation_loss(logits, soft_mask, batch.valid).sum() / batch.share

    def configure_gradient_clipping(
        self, optimizer: torch.optim.Optimizer, gradient_clip_val: float | None = None, gradient_clip_algorithm: str | None = None
    ) -> None:
        """Clip by norm here: under mixed precision Lightning refuses to do it for a fused optimizer, with or without a gradient scaler."""
        if gradient_clip_val is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> Any:
        """Return AdamW with one cycle of the learning rate over all steps."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self._learning_rate, weight_decay=0.01, fused=self._fused)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=self._learning_rate, total_steps=max(self._steps, 2), pct_start=WARM_UP, cycle_momentum=False
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def normalised_pixels(pixels: Tensor) -> Tensor:
    """Normalise pixels as `imaging.canvas.normalise` does.

    Args:
        pixels: (N, H, W, 3) uint8 RGB.

    Returns:
        (N, 3, H, W) float, channels last in memory.
    """
    scaled: Tensor = (pixels.float() / 255 - _MEAN.to(pixels.device)) / _DEVIATION.to(pixels.device)
    return scaled.permute(0, 3, 1, 2)
