"""The training loss over every head of the network; ignored pixels have no part in it.

Pixels near the true outline weigh more: an annotator redraws outlines, not interiors. docs/training.md has what each
term was worth when it was measured.
"""

import torch
from torch import Tensor
from torch.nn import functional

OVERLAP_WEIGHT = 2.0
"""Of the fused map's soft overlap beside the cross entropies."""

OUTLINE_WEIGHT = 4.0
"""How much more a pixel on the outline weighs than one far from it, in the cross entropies."""

OUTLINE_REACH = 2
"""How far from the outline, in px of the canvas, pixels weigh more."""


def segmentation_loss(logits: Tensor, soft_mask: Tensor, valid: Tensor) -> Tensor:
    """Return each sample's loss: outline-weighted cross entropy of every head, and the overlap of the fused map.

    Args:
        logits: (N, heads, H, W) float, the fused map first.
        soft_mask: (N, H, W) float in 0 to 1, the share of each pixel that the instance covers.
        valid: (N, H, W) bool, False where a pixel must not count.

    Returns:
        (N,) float32; 0 for a sample without a valid pixel.
    """
    logits, counted = logits.float(), valid.float()
    weight = counted * (1 + OUTLINE_WEIGHT * near_outline(soft_mask, valid))
    targets = soft_mask[:, None].expand_as(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    entropies = (entropy * weight[:, None]).sum(dim=(1, 2, 3)) / weight.sum(dim=(1, 2)).clamp(min=1)
    return entropies + OVERLAP_WEIGHT * _overlap_loss(torch.sigmoid(logits[:, 0]), soft_mask, counted)


def near_outline(soft_mask: Tensor, valid: Tensor) -> Tensor:
    """Return how much the soft mask of valid pixels changes within `OUTLINE_REACH` of each pixel.

    As in the edge metrics, neither the frame nor the border of an ignored region is an outline.

    Args:
        soft_mask: (N, H, W) float in 0 to 1.
        valid: (N, H, W) bool.

    Returns:
        (N, H, W) float in 0 to 1.
    """
    highest = _highest_near(torch.where(valid, soft_mask, 0.0))
    lowest = 1 - _highest_near(torch.where(valid, 1 - soft_mask, 0.0))
    return (highest - lowest).clamp(min=0)


def _highest_near(values: Tensor) -> Tensor:
    return functional.max_pool2d(values[:, None], 2 * OUTLINE_REACH + 1, stride=1, padding=OUTLINE_REACH)[:, 0]


def _overlap_loss(probability: Tensor, soft_mask: Tensor, counted: Tensor) -> Tensor:
    shared = (torch.minimum(probability, soft_mask) * counted).sum(dim=(1, 2))
    united = (torch.maximum(probability, soft_mask) * counted).sum(dim=(1, 2))
    return (1 - (shared + 1) / (united + 1)) * (united > 0)
