"""Whatever is published in whatever order, each part holds what was published to it last, and content follows rows."""

import tempfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.lake import connect_lake
from lake.publishing.content import EMPTY_CONTENT
from tests.support.publications import publish_rejects, published_numbers

_STEPS = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.lists(st.integers(0, 5), unique=True, max_size=3)), min_size=1, max_size=5)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_STEPS)
def test_the_last_publication_of_a_part_is_what_it_holds(steps: list[tuple[str, list[int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        lake = connect_lake(folder)
        for source, numbers in steps:
            publish_rejects(lake, source, numbers)
        last = dict(steps)
        for source, numbers in last.items():
            assert published_numbers(lake, source) == sorted(numbers)
        direct = connect_lake(other)
        for source, numbers in sorted(last.items()):
            publish_rejects(direct, source, numbers)
        assert lake.snapshot("rejects").content == direct.snapshot("rejects").content
        assert (lake.snapshot("rejects").content == EMPTY_CONTENT) == (not any(last.values()))
