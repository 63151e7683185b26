"""A planted weak combination is found and named; chance alone proposes nothing."""

import numpy as np
import pyarrow as pa
import pytest

from evaluation.scores.paired import PairedScores
from evaluation.scores.slices import regressed_slices, weak_slices
from evaluation.scores.strata import parse_pattern, strata_of

ATTRIBUTES = ("domain", "class", "size")


def planted(drop: float, *, value: str = "cat", seed: int = 3) -> PairedScores:
    rng = np.random.default_rng(seed)
    number = 1200
    crops = pa.table(
        {
            "domain": rng.choice(["a", "b", "c"], number),
            "class_id": rng.choice([value, "dog", "cup"], number),
            "size": rng.choice(["small", "large"], number),
        }
    )
    images = np.repeat(np.arange(number // 4), 4)
    weak = np.asarray(crops.column("domain").to_numpy() == "b") & np.asarray(crops.column("class_id").to_numpy() == value)
    old = rng.normal(0.7, 0.1, number)
    new = old + rng.normal(0.0, 0.05, number) - drop * weak
    return PairedScores("iou", crops, images, {"new": new, "old": old})


def test_a_planted_combination_is_the_first_found_with_its_size_and_an_interval_over_its_drop() -> None:
    scores = planted(0.2)
    for found in (weak_slices(scores, "new", attributes=ATTRIBUTES), regressed_slices(scores, "new", "old", attributes=ATTRIBUTES)):
        first = found[0]
        (stratum,) = strata_of(scores.crops, parse_pattern(first.pattern))
        assert (first.name, first.instances) == ("domain=b/class=cat", len(stratum.rows))
        assert first.against_rest.lower < -0.2 < first.against_rest.upper
        assert first.false_discovery < 0.001
    assert regressed_slices(scores, "new", "old", attributes=ATTRIBUTES)[0].mean == pytest.approx(-0.2, abs=0.03)


def test_chance_alone_seldom_proposes_anything() -> None:
    worlds = [planted(0.0, seed=seed) for seed in range(30)]
    assert sum(bool(regressed_slices(world, "new", "old", attributes=ATTRIBUTES)) for world in worlds) <= 4


def test_a_name_with_globbing_characters_is_proposed_so_that_it_matches_itself_alone() -> None:
    scores = planted(0.3, value="c[au]*t?")
    first = weak_slices(scores, "new", attributes=ATTRIBUTES)[0]
    assert (first.name, first.pattern) == ("domain=b/class=c[au]*t?", "domain=b/class=c[[]au][*]t[?]")
    assert [stratum.name for stratum in strata_of(scores.crops, parse_pattern(first.pattern))] == [first.name]
