"""The loss counts valid pixels alone, has a gradient where the network is wrong, and wants the true coverage."""

import pytest
import torch

from training.loss import near_outline, segmentation_loss


def _inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((2, 3, 8, 8), generator=generator)
    soft_mask = torch.zeros((2, 8, 8))
    soft_mask[:, 2:6, 3:] = 1
    valid = torch.rand((2, 8, 8), generator=generator) > 0.3
    return logits, soft_mask, valid


def test_pixels_to_ignore_change_nothing() -> None:
    logits, soft_mask, valid = _inputs()
    before = segmentation_loss(logits, soft_mask, valid)
    other_logits = torch.where(valid[:, None], logits, logits + 100)
    other_coverage = torch.where(valid, soft_mask, 1 - soft_mask)
    assert torch.equal(segmentation_loss(other_logits, other_coverage, valid), before)


def test_a_mistake_at_the_outline_costs_more_than_one_far_from_it() -> None:
    soft_mask = torch.zeros(2, 16, 16)
    soft_mask[:, :, 8:] = 1
    logits = torch.where(soft_mask > 0, 4.0, -4.0)[:, None].repeat(1, 2, 1, 1)
    logits[0, :, 8, 7] = logits[1, :, 8, 1] = 4.0
    near, far = segmentation_loss(logits, soft_mask, torch.ones(2, 16, 16, dtype=torch.bool))
    assert float(near) > float(far) + 0.01


def test_the_outline_reaches_two_pixels_to_either_side() -> None:
    soft_mask = torch.zeros(1, 5, 12)
    soft_mask[..., 6:] = 1
    valid = torch.ones(1, 5, 12, dtype=torch.bool)
    assert near_outline(soft_mask, valid)[0, 2].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]


def test_the_border_of_an_ignored_region_is_no_outline() -> None:
    soft_mask = torch.zeros(1, 5, 12)
    soft_mask[..., 6:] = 1
    valid = torch.ones(1, 5, 12, dtype=torch.bool)
    valid[..., 4:8] = False
    assert not near_outline(soft_mask, valid)[..., [0, 1, 2, 3, 8, 9, 10, 11]].any()


def test_a_sample_has_the_same_loss_in_every_batch() -> None:
    logits, soft_mask, valid = _inputs()
    alone = segmentation_loss(logits[1:], soft_mask[1:], valid[1:])
    torch.testing.assert_close(segmentation_loss(logits, soft_mask, valid)[1:], alone)


def test_every_head_counts() -> None:
    logits, soft_mask, valid = _inputs()
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(segmentation_loss(logits, soft_mask, valid).sum(), logits)
    assert all(float(gradient[:, head].abs().sum()) > 0 for head in range(3))


def test_a_confident_mistake_still_has_a_gradient() -> None:
    logits = torch.full((1, 2, 4, 4), 40.0, requires_grad=True)
    loss = segmentation_loss(logits, torch.zeros(1, 4, 4), torch.ones(1, 4, 4, dtype=torch.bool)).sum()
    (gradient,) = torch.autograd.grad(loss, logits)
    assert float(gradient.min()) > 0.01


@pytest.mark.parametrize("soft_mask", [0.0, 1.0])
def test_the_truth_is_the_cheapest_answer(soft_mask: float) -> None:
    truth = torch.full((1, 4, 4), soft_mask)
    valid = torch.ones(1, 4, 4, dtype=torch.bool)
    right = segmentation_loss(torch.full((1, 2, 4, 4), 20.0 * (2 * soft_mask - 1)), truth, valid)
    wrong = segmentation_loss(torch.full((1, 2, 4, 4), -20.0 * (2 * soft_mask - 1)), truth, valid)
    assert float(right) < 1e-3
    assert float(wrong) > 10


def test_a_sample_without_a_valid_pixel_has_no_loss() -> None:
    logits, soft_mask, valid = _inputs()
    assert segmentation_loss(logits, soft_mask, torch.zeros_like(valid)).tolist() == [0, 0]
