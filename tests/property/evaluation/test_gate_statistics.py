"""The gate's promises by simulation, sized for every run; `python -m benchmarks.gate_statistics` runs them at full size."""

import pytest

from benchmarks.gate_statistics import coverage, drops_caught, false_alarms


@pytest.mark.parametrize("images", [20, 40, 80])
def test_a_95_percent_interval_covers_at_93_to_97_percent_with_images_of_1_to_40_instances(images: int) -> None:
    assert 0.92 <= coverage(1500, images=images, draws=600) <= 0.98  # two standard errors of the simulation around .93 to .97


def test_without_a_change_the_gate_fails_at_most_5_percent_of_candidates_over_30_strata() -> None:
    assert false_alarms(100) <= 0.09  # .05 and two standard errors of the simulation


def test_a_planted_drop_of_5_points_in_one_of_30_strata_is_caught_by_name_while_the_mean_rises() -> None:
    caught, risen = drops_caught(40)
    assert caught >= 0.95
    assert risen == 1.0
