"""Each window of a batch gets a probability for each of its own pixels."""

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from imaging.canvas import MEAN
from training.predictor import Predictor, encode_probability, to_probability


class RedIsIt(nn.Module):
    """A network whose logits are how far red lies above the mean."""

    def forward(self, images: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, 2, H, W); the second head is nonsense."""
        return torch.stack((images[:, 0] * 10, images[:, 0] * -99), dim=1)


def _window(height: int, width: int) -> np.ndarray:
    window = np.zeros((height, width, 3), np.uint8)
    window[: height // 2, :, 0] = 255
    return window


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(RedIsIt(), 64, torch.device("cpu"))


def test_windows_of_mixed_sizes_come_back_at_their_own_size(predictor: Predictor) -> None:
    windows = [_window(*size) for size in ((40, 90), (200, 64), (1, 1), (64, 64))]
    for window, result in zip(windows, predictor.predict(windows), strict=True):
        assert result.probability.shape == window.shape[:2]
        assert result.probability.dtype == np.uint8
        assert result.latency > 0


def test_the_fused_head_decides_and_outlines_stay_where_they_are(predictor: Predictor) -> None:
    for height, width in ((40, 90), (200, 64), (300, 310)):
        (result,) = predictor.predict([_window(height, width)])
        mask = result.probability >= 128
        step = int(np.ceil(max(height, width) / 64))
        assert mask[: height // 2 - step].all()
        assert not mask[height // 2 + step :].any()


def test_a_window_has_the_same_result_in_every_batch(predictor: Predictor) -> None:
    windows = [_window(40, 90), _window(33, 17)]
    alone = [predictor.predict([window])[0].probability for window in windows]
    together = [result.probability for result in predictor.predict(windows)]
    assert all(np.array_equal(left, right) for left, right in zip(alone, together, strict=True))


def test_a_logit_of_zero_is_the_mask_and_less_is_not() -> None:
    probabilities = to_probability(np.asarray([[-1e9, -0.01, 0.0, 0.01, 1e9]], np.float32))
    assert probabilities.tolist() == [[0, 127, 128, 128, 255]]


def test_a_probability_map_survives_its_png() -> None:
    probability = np.random.default_rng(0).integers(0, 256, (37, 53), np.uint8)
    data = np.frombuffer(encode_probability(probability), np.uint8)
    assert np.array_equal(np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED)), probability)


def test_the_mean_colour_is_undecided(predictor: Predictor) -> None:
    grey = np.broadcast_to(np.rint(np.asarray(MEAN) * 255).astype(np.uint8), (64, 64, 3))
    (result,) = predictor.predict([np.ascontiguousarray(grey)])
    assert abs(int(result.probability[5, 5]) - 128) < 6
