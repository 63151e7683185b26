"""Changes are drawn from a hash, keep the central pixel, and stay within what they promise."""

import numpy as np
import pytest

from training.augmentation import GAIN, SHRINK, TRIM, Change, draw_change, relit, trimmed


def test_equal_arguments_give_the_equal_change() -> None:
    assert draw_change(1, 2, 0, "a") == draw_change(1, 2, 0, "a")


@pytest.mark.parametrize("other", [(2, 2, 0, "a"), (1, 3, 0, "a"), (1, 2, 1, "a"), (1, 2, 0, "b")])
def test_seed_epoch_occurrence_and_crop_each_give_another_change(other: tuple[int, int, int, str]) -> None:
    assert draw_change(*other) != draw_change(1, 2, 0, "a")


def test_changes_fill_their_ranges() -> None:
    changes = [draw_change(0, 0, 0, str(crop)) for crop in range(2000)]
    assert 0.45 < np.mean([change.mirrored for change in changes]) < 0.55
    for shares, top in (([c.trim_x for c in changes], TRIM), ([c.trim_y for c in changes], TRIM), ([1 - c.fill for c in changes], SHRINK)):
        assert 0 <= min(shares) < 0.02 * top
        assert 0.98 * top < max(shares) <= top
    gains = [change.gain for change in changes]
    assert 1 / (1 + GAIN) <= min(gains) < max(gains) <= 1 + GAIN


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (100, 37)])
def test_trimming_keeps_the_centre_in_the_centre(height: int, width: int) -> None:
    rows, columns = trimmed(Change(False, 0.49, 0.49, 1.0, 1.0, (0, 0, 0)), height, width)
    assert rows.start + rows.stop == height
    assert columns.start + columns.stop == width
    assert rows.stop > rows.start
    assert columns.stop > columns.start


def test_light_changes_each_channel_by_its_own_shift_and_saturates() -> None:
    pixels = np.full((2, 2, 3), 128, np.uint8)
    brighter = relit(Change(False, 0, 0, 1, 1.0, (0.1, 0.0, 0.9)), pixels)
    assert brighter[0, 0].tolist() == [154, 128, 255]
    flat = relit(Change(False, 0, 0, 1, 0.5, (0, 0, 0)), np.asarray([[[28, 128, 228]]], np.uint8))
    assert flat[0, 0].tolist() == [78, 128, 178]
