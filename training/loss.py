"""Logits of every head and the true coverage in, one loss out; pixels to ignore have no part in it."""

import torch
from torch import Tensor
from torch.nn import functional

OVERLAP_WEIGHT = 2.0
"""Of the fused map's soft overlap term beside the cross entropies; docs/training.md has the measurement."""


def segmentation_loss(logits: Tensor, coverage: Tensor, valid: Tensor) -> Tensor:
    """Return each sample's loss: cross entropy of every head, and the overlap of the fused map.

    Args:
        logits: (N, heads, H, W) float, the fused map first.
        coverage: (N, H, W) float in 0 to 1, the share of each pixel that the instance covers.
        valid: (N, H, W) bool, False where a pixel must not count.

    Returns:
        (N,) float32; 0 for a sample without a valid pixel.
    """
    logits, weight = logits.float(), valid.float()
    pixels = weight.sum(dim=(1, 2)).clamp(min=1)
    targets = coverage[:, None].expand_as(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    entropies = (entropy * weight[:, None]).sum(dim=(1, 2, 3)) / pixels
    return entropies + OVERLAP_WEIGHT * _overlap_loss(torch.sigmoid(logits[:, 0]), coverage, weight)


def _overlap_loss(probability: Tensor, coverage: Tensor, weight: Tensor) -> Tensor:
    shared = (torch.minimum(probability, coverage) * weight).sum(dim=(1, 2))
    united = (torch.maximum(probability, coverage) * weight).sum(dim=(1, 2))
    return (1 - (shared + 1) / (united + 1)) * (united > 0)
