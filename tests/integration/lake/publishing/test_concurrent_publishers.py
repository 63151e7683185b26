"""Many publishers at once, each a process of its own, on the two catalogs that need no server of somebody else's."""

from collections import Counter
from pathlib import Path

import pytest

from lake.lake import Lake, connect_lake
from lake.publishing.content import EMPTY_CONTENT, changed_content
from lake.publishing.snapshots import KEY_PROPERTY, history, summary_of
from tests.support.forks import FORKS
from tests.support.publications import publish_rejects, published_numbers

PUBLISHERS = 8
COMMITS = 200
REPLACES = 40


def _publish(store: str, catalog: str | None, publisher: int, commits: int, mode: str) -> None:
    lake = connect_lake(store, catalog=catalog)
    for number in range(publisher, commits, PUBLISHERS):
        publish_rejects(lake, f"source {publisher}", [number], mode=mode, shards=1)


def _all_publish(store: str, catalog: str | None, commits: int, mode: str) -> Lake:
    processes = [FORKS.Process(target=_publish, args=(store, catalog, n, commits, mode)) for n in range(PUBLISHERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PUBLISHERS
    return connect_lake(store, catalog=catalog)


def _check_each_landed_once(lake: Lake, commits: int) -> None:
    keys = Counter(summary_of(snapshot)[KEY_PROPERTY] for snapshot in history(lake.state("rejects")))
    assert len(keys) == commits
    assert set(keys.values()) == {1}
    counted = changed_content(EMPTY_CONTENT, added=lake.identities(lake.files("rejects")))
    assert lake.snapshot("rejects").content == counted


@pytest.mark.slow
def test_eight_publishers_append_200_times_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    lake = _all_publish(str(tmp_path / "store"), postgres_url, COMMITS, "append")
    assert published_numbers(lake) == list(range(COMMITS))
    _check_each_landed_once(lake, COMMITS)


@pytest.mark.slow
def test_eight_publishers_append_200_times_on_sqlite(tmp_path: Path) -> None:
    lake = _all_publish(str(tmp_path / "store"), None, COMMITS, "append")
    assert published_numbers(lake) == list(range(COMMITS))
    _check_each_landed_once(lake, COMMITS)


@pytest.mark.slow
def test_eight_publishers_that_replace_their_own_parts_do_not_disturb_each_other(tmp_path: Path, postgres_url: str) -> None:
    lake = _all_publish(str(tmp_path / "store"), postgres_url, REPLACES, "replace")
    assert published_numbers(lake) == list(range(REPLACES - PUBLISHERS, REPLACES))
    _check_each_landed_once(lake, REPLACES)
