"""The gate's promises by simulation, sized for every run; `python -m benchmarks.gate_statistics` runs them at full size."""

import pytest

from benchmarks.gate_statistics import coverage, drops_caught, false_alarms
from benchmarks.gate_worlds import REFERENCE, World


@pytest.mark.parametrize(
    ("world", "images"),
    [(REFERENCE, 20), (REFERENCE, 60), (World("", "t3", 0.3), 80), (World("", "rare losses", sizes="even"), 40)],
)
def test_a_95_percent_interval_covers_at_93_to_97_percent_with_images_of_1_to_40_instances(world: World, images: int) -> None:
    found = coverage(600, world, images=images, draws=400)
    assert 0.915 <= found.two_sided <= 0.985  # two standard errors of the simulation around .93 to .97


@pytest.mark.parametrize("world", [REFERENCE, World("", "rare gains", strata=(120,) * 30)])
def test_without_a_change_the_gate_fails_at_most_5_percent_of_candidates_over_30_strata(world: World) -> None:
    assert false_alarms(60, world) <= 0.1  # .05 and two standard errors of the simulation


def test_a_planted_drop_of_5_points_in_one_of_30_strata_is_caught_by_name_while_the_mean_rises() -> None:
    found = drops_caught(30)
    assert found.by_name >= 0.9  # .95 and two standard errors of the simulation
    assert found.risen == 1.0
