"""A few of what `make probes` does to a lake: nothing is silent, nothing lost."""

from collections.abc import Callable

import pytest

from tests.support.probes import data_files, metadata
from tests.support.probes.outcomes import Outcomes


@pytest.mark.parametrize(("probe", "count"), [(data_files.probe, 20), (metadata.probe, 12)])
def test_damage_is_told_or_does_no_harm(probe: Callable[[int, int], Outcomes], count: int) -> None:
    found = probe(count, 1)
    assert found.violations == []
    assert found.tried == sum(found.outcomes.values()) == count and found.outcomes["told"]
