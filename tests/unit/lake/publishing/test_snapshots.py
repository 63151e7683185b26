"""As of what: one table's snapshot, and one state of all tables."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot

from lake.errors import InputError, MissingTableError
from lake.lake import Lake
from lake.maintenance.gc import expire_snapshots
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import write_shard
from lake.schemas import empty_table, record_of
from lake.sql.query import run_sql
from tests.support.publications import publish_rejects, published_numbers

TICK_S = 0.005


def _publish_plan(lake: Lake, key: str) -> int:
    location = lake.location("plan", key)
    shard = write_shard(location, "shard-00000-of-00001", [empty_table(record_of("plan"))])
    report = publish_stage(lake, stage="balance", key=key, rows_in=1, rows_out=1, rejected={}, outputs=[Output("plan", {}, [shard])])
    time.sleep(TICK_S)
    return report.snapshots["plan"]


def _publish(lake: Lake, source: str, numbers: list[int]) -> int:
    snapshot = publish_rejects(lake, source, numbers).snapshots["rejects"]
    time.sleep(TICK_S)
    return snapshot


def test_a_snapshot_is_what_its_own_time_means(lake: Lake) -> None:
    for number in range(6):
        snapshot = _publish(lake, "a", [number])
        told = lake.snapshot("rejects", lake.snapshot("rejects", snapshot).committed_at)
        assert told.snapshot_id == snapshot


def test_a_clock_that_was_set_back_changes_no_answer(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _publish(lake, "a", [1]), _publish(lake, "a", [2])
    between = lake.snapshot("rejects", first).committed_at + timedelta(microseconds=100)
    long_ago = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
    with monkeypatch.context() as patched:
        patched.setattr("pyiceberg.table.update.snapshot.Snapshot", _dated(long_ago))
        third = _publish(lake, "a", [3])
    (made,) = [one for one in lake.table("rejects").metadata.snapshots if one.snapshot_id == third]
    assert made.timestamp_ms == long_ago
    assert published_numbers(lake.pinned(between)) == [1]
    assert lake.snapshot("rejects", datetime.now(UTC)).snapshot_id == third
    assert lake.snapshot("rejects", third).committed_at == lake.snapshot("rejects", second).committed_at
    assert published_numbers(lake.pinned(third)) == [3]


def _dated(milliseconds: int) -> Callable[..., IcebergSnapshot]:
    return lambda **fields: IcebergSnapshot(**{**fields, "timestamp_ms": milliseconds})


def test_pinned_tables_stand_still_while_others_publish(lake: Lake) -> None:
    _publish(lake, "a", [1])
    still = lake.pinned()
    _publish(lake, "b", [2])
    plan = _publish_plan(lake, "p" * 64)
    assert published_numbers(still) == [1]
    assert not still.has("plan")
    with pytest.raises(MissingTableError, match="'plan' has not been published yet"):
        still.snapshot("plan")
    assert published_numbers(lake) == [1, 2]
    assert lake.snapshot("plan").snapshot_id == plan


def test_a_snapshot_or_tag_of_one_table_is_a_moment_for_the_others(lake: Lake) -> None:
    rejects = _publish(lake, "a", [1])
    plan = _publish_plan(lake, "p" * 64)
    _publish(lake, "b", [2])
    _publish_plan(lake, "q" * 64)
    lake.tag("plan", plan, "night")
    for as_of in ("night", plan, str(plan), lake.snapshot("plan", plan).committed_at):
        still = lake.pinned(as_of)
        assert still.snapshot("plan").snapshot_id == plan
        assert still.snapshot("rejects").snapshot_id == rejects
        assert published_numbers(still) == [1]
    before = lake.pinned(rejects)
    assert not before.has("plan")
    with pytest.raises(MissingTableError, match=f"'plan' had not been published as of {rejects}"):
        before.read("plan")


def test_a_tag_of_several_tables_pins_each_where_it_stands(lake: Lake) -> None:
    rejects = _publish(lake, "a", [1])
    _publish(lake, "a", [2])
    plan = _publish_plan(lake, "p" * 64)
    lake.tag("plan", plan, "release")
    lake.tag("rejects", rejects, "release")
    still = lake.pinned("release")
    assert (still.snapshot("plan").snapshot_id, published_numbers(still)) == (plan, [1])


def test_only_the_tables_asked_for_are_pinned(lake: Lake) -> None:
    first = _publish(lake, "a", [1])
    _publish(lake, "a", [2])
    plan = _publish_plan(lake, "p" * 64)
    still = lake.pinned(first, tables=("rejects",))
    assert (published_numbers(still), still.snapshot("plan").snapshot_id) == ([1], plan)


def test_a_time_whose_snapshot_has_expired_is_refused_and_not_answered_with_another(lake: Lake) -> None:
    first = _publish(lake, "a", [1])
    second = _publish(lake, "a", [2])
    third = _publish(lake, "a", [3])
    moments = [lake.snapshot("rejects", snapshot).committed_at for snapshot in (first, second, third)]
    lake.tag("rejects", first, "kept")
    expire_snapshots(lake, "rejects", [second])
    assert published_numbers(lake.pinned(moments[0])) == [1]
    assert published_numbers(lake.pinned(moments[1] - timedelta(milliseconds=1))) == [1]
    assert published_numbers(lake.pinned(moments[2])) == [3]
    with pytest.raises(InputError, match=r"'rejects' cannot be read as of .* have expired"):
        lake.pinned(moments[1]).read("rejects")
    with pytest.raises(InputError, match=r"'rejects' cannot be read as of .* have expired"):
        lake.snapshot("rejects", moments[1])
    with pytest.raises(InputError, match="'rejects' cannot be read as of"):
        run_sql(lake, "SELECT * FROM rejects", as_of=moments[1])
    assert run_sql(lake, "SELECT * FROM plan", as_of=moments[1]).num_rows == 0


def test_a_time_before_the_oldest_snapshot_that_is_kept_is_refused_if_there_was_another(lake: Lake) -> None:
    first = _publish(lake, "a", [1])
    moment = lake.snapshot("rejects", first).committed_at
    assert lake.pinned(moment - timedelta(days=1)).pins.snapshots == {}
    _publish(lake, "a", [2])
    expire_snapshots(lake, "rejects", [first])
    with pytest.raises(InputError, match="have expired"):
        lake.pinned(moment).files("rejects")
    assert not lake.pinned(moment - timedelta(milliseconds=1)).has("rejects")


def test_what_was_the_newest_for_a_while_is_known_after_two_sweeps(lake: Lake) -> None:
    numbers = {_publish(lake, "a", [number]): number for number in range(1, 7)}
    snapshots = list(numbers)
    moments = [lake.snapshot("rejects", snapshot).committed_at for snapshot in snapshots]
    lake.tag("rejects", snapshots[2], "kept")
    expire_snapshots(lake, "rejects", [snapshots[1], snapshots[3]])
    expire_snapshots(lake, "rejects", [snapshots[0], snapshots[4]])
    just = timedelta(milliseconds=1)
    assert not lake.pinned(moments[0] - just).has("rejects")
    assert published_numbers(lake.pinned(moments[3] - just)) == [3]
    for moment in (moments[0], moments[1], moments[3], moments[4]):
        with pytest.raises(InputError, match="have expired"):
            lake.pinned(moment).files("rejects")
    assert published_numbers(lake.pinned(moments[5])) == [6]


def test_a_time_without_a_zone_is_utc(lake: Lake) -> None:
    first = _publish(lake, "a", [1])
    _publish(lake, "a", [2])
    moment = lake.snapshot("rejects", first).committed_at
    assert lake.snapshot("rejects", moment.astimezone(UTC).replace(tzinfo=None).isoformat()).snapshot_id == first
    assert lake.snapshot("rejects", datetime.now(UTC).isoformat()).snapshot_id != first


@pytest.mark.parametrize("as_of", ["night-2", "main", "123456789012", 17, "2026-13-01"])
def test_what_names_nothing_is_refused(lake: Lake, as_of: str | int) -> None:
    _publish(lake, "a", [1])
    with pytest.raises(InputError, match=f"as of '?{as_of}'?: expected a snapshot id or a tag of a table, or a time"):
        lake.pinned(as_of)
