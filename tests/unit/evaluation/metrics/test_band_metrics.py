"""Boundary IoU and the DAVIS F against plain versions of their definitions."""

import math

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

from evaluation.metrics.boundary_iou import boundary_iou
from evaluation.metrics.davis import davis_f, half_pixel_outline
from tests.support.shapes import blob


def test_boundary_iou_equals_its_definition_by_repeated_erosion() -> None:
    rng = np.random.default_rng(3)
    for shape in ((20, 30), (64, 65), (90, 40)):
        predicted, truth = blob(rng, *shape), blob(rng, *shape)
        width = max(1, round(0.02 * math.hypot(*shape)))

        def band(mask: np.ndarray, width: int = width) -> np.ndarray:
            eroded = binary_erosion(mask, np.ones((3, 3)), iterations=width, border_value=0)
            return np.asarray(mask & ~eroded)

        union = (band(predicted) | band(truth)).sum()
        expected = (band(predicted) & band(truth)).sum() / union
        assert boundary_iou(predicted, truth, np.ones(shape, dtype=bool)) == pytest.approx(float(expected))


def test_davis_f_equals_its_definition_by_distance_transforms() -> None:
    rng = np.random.default_rng(4)
    for shape in ((20, 30), (64, 65), (130, 40)):
        predicted, truth = blob(rng, *shape), blob(rng, *shape)
        radius = math.ceil(0.008 * math.hypot(*shape))
        p, g = (half_pixel_outline(mask, np.ones(shape, dtype=bool)) for mask in (predicted, truth))
        precision = (p & (distance_transform_edt(~g) <= radius)).sum() / p.sum()
        recall = (g & (distance_transform_edt(~p) <= radius)).sum() / g.sum()
        expected = 2 * precision * recall / (precision + recall)
        assert davis_f(predicted, truth, np.ones(shape, dtype=bool)) == pytest.approx(float(expected))


def test_a_half_pixel_outline_runs_between_the_pixels() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[1:3, 1:3] = True
    assert half_pixel_outline(mask, np.ones_like(mask)).astype(int).tolist() == [[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]


def test_davis_f_of_an_empty_prediction_is_zero() -> None:
    truth = np.zeros((9, 9), dtype=bool)
    truth[3:6, 3:6] = True
    valid = np.ones_like(truth)
    assert davis_f(np.zeros_like(truth), truth, valid) == 0.0
    assert davis_f(valid, valid, valid) == 1.0
    assert davis_f(valid, truth, valid) == 0.0
