from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.contracts import Verdict
from lake.digests import stage_key
from lake.errors import ConservationError, ContractError, EmptyCheckError, LeaseLostError, PublishError
from lake.lake import Lake, connect_lake
from lake.publishing.publish import Output, is_committed, publish_stage, skipped_report
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.standing import standing
from lake.reasons import Reason
from lake.schemas import table_of
from tests.support.publications import publish_rejects, published_numbers, rejects_key, write_rejects

A = {"stage": "ingest", "source": "a"}
KEY = rejects_key("a", [1])


def _snapshots(lake: Lake) -> int:
    return len(lake.table("rejects").metadata.snapshots)


def test_what_is_published_is_visible_with_its_counts(lake: Lake) -> None:
    report = publish_rejects(lake, "a", [1, 2, 3])
    assert published_numbers(lake) == [1, 2, 3]
    assert (report.rows_in, report.rows_out, report.rejected, report.skipped) == (4, 1, {"box-only": 3}, False)
    assert report.snapshots == {"rejects": lake.snapshot("rejects").snapshot_id}
    assert lake.snapshot("rejects").key == rejects_key("a", [1, 2, 3])


def test_publishing_twice_commits_nothing_the_second_time(lake: Lake) -> None:
    first = publish_rejects(lake, "a", [1, 2])
    second = publish_rejects(lake, "a", [1, 2])
    assert second.skipped
    assert second.snapshots == first.snapshots
    assert _snapshots(lake) == 1


def test_a_replace_is_one_snapshot(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "a", [3])
    assert published_numbers(lake) == [3]
    assert _snapshots(lake) == 2


def test_replacing_one_part_leaves_the_others(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    before = [file for file in lake.files("rejects") if file.part["source"] == "b"]
    publish_rejects(lake, "a", [3, 4])
    assert published_numbers(lake) == [2, 3, 4]
    assert [file for file in lake.files("rejects") if file.part["source"] == "b"] == before


def test_replacing_the_whole_table_replaces_every_part(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    publish_rejects(lake, "c", [5], part={})
    assert published_numbers(lake) == [5]


def test_a_part_with_a_long_and_odd_name_is_replaced_too(lake: Lake) -> None:
    name = "x" * 40 + " ü/=%*'"
    publish_rejects(lake, name, [1])
    publish_rejects(lake, name + "!", [9])
    publish_rejects(lake, name, [2])
    assert published_numbers(lake) == [2, 9]


def test_publishing_no_rows_empties_the_part_and_records_the_key(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "a", [])
    assert published_numbers(lake) == []
    assert is_committed(lake, rejects_key("a", []), [("rejects", A)])
    assert publish_rejects(lake, "a", []).skipped


def test_a_first_publication_without_rows_is_one_too(lake: Lake) -> None:
    publish_rejects(lake, "a", [])
    assert lake.has("rejects")
    assert published_numbers(lake) == []
    assert publish_rejects(lake, "a", []).skipped


def test_an_older_publication_is_not_committed_any_more_once_it_was_replaced(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "a", [2])
    assert not is_committed(lake, KEY, [("rejects", A)])
    publish_rejects(lake, "a", [1])
    assert published_numbers(lake) == [1]


@pytest.mark.parametrize("part", [{}, {"stage": "ingest"}])
def test_a_replace_of_a_larger_part_takes_the_place_of_the_smaller(lake: Lake, part: dict[str, str]) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2], part=part)
    assert not is_committed(lake, KEY, [("rejects", A)])
    assert published_numbers(lake) == [2]


def test_another_part_does_not_disturb_what_is_committed(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    publish_rejects(lake, "a", [3], stage="crop")
    assert is_committed(lake, KEY, [("rejects", A)])


def test_appending_adds_and_never_twice(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], mode="append")
    publish_rejects(lake, "a", [2], mode="append")
    assert publish_rejects(lake, "a", [1], mode="append").skipped
    assert published_numbers(lake) == [1, 2]


def test_an_append_is_remembered_after_its_snapshot_has_expired(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], mode="append")
    publish_rejects(lake, "a", [2], mode="append")
    table = lake.table("rejects")
    table.maintenance.expire_snapshots().by_id(table.metadata.snapshots[0].snapshot_id).commit()
    assert publish_rejects(lake, "a", [1], mode="append").skipped
    assert published_numbers(lake) == [1, 2]


def test_a_replaced_part_is_remembered_after_its_snapshot_has_expired(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    table = lake.table("rejects")
    table.maintenance.expire_snapshots().by_id(table.metadata.snapshots[0].snapshot_id).commit()
    assert publish_rejects(lake, "a", [1]).skipped


def test_the_skipped_report_says_what_the_first_run_said(lake: Lake) -> None:
    assert skipped_report(lake, stage="ingest", key=KEY, targets=[("rejects", A)]) is None
    report = publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    again = skipped_report(lake, stage="ingest", key=KEY, targets=[("rejects", A)])
    assert again is not None
    assert (again.rows_in, again.rows_out, again.rejected, again.skipped) == (2, 1, report.rejected, True)
    assert again.snapshots == {"rejects": lake.snapshot("rejects").snapshot_id}


def test_a_run_killed_between_two_tables_is_completed_by_the_next(lake: Lake) -> None:
    targets = [("rejects", A), ("verdicts", {})]
    rejects = write_rejects(lake, "a", [1], part=A, shards=1)
    counts = {"stage": "ingest", "rows_in": 2, "rows_out": 1, "rejected": {"box-only": 1}}
    publish_stage(lake, key=KEY, outputs=[Output("rejects", A, rejects)], **counts)  # type: ignore[arg-type]
    assert not is_committed(lake, KEY, targets)
    row = Verdict("v", "c", None, "PASS", "{}", datetime(2026, 1, 1, tzinfo=UTC))
    receipt = write_shard(lake.location("verdicts", KEY), shard_name(0, 1), [table_of(Verdict, [row])])
    outputs = [Output("rejects", A, rejects), Output("verdicts", {}, [receipt], "append")]
    report = publish_stage(lake, key=KEY, outputs=outputs, **counts)  # type: ignore[arg-type]
    assert not report.skipped
    assert is_committed(lake, KEY, targets)
    assert _snapshots(lake) == 1


def test_counts_that_do_not_add_up_publish_nothing(lake: Lake) -> None:
    receipts = write_rejects(lake, "a", [1], part=A)
    with pytest.raises(ConservationError, match="leave 5 unaccounted for"):
        publish_stage(
            lake,
            stage="ingest",
            key=KEY,
            rows_in=7,
            rows_out=1,
            rejected={"box-only": 1},
            outputs=[Output("rejects", A, receipts)],
        )
    assert not lake.has("rejects")


@pytest.mark.parametrize("rejected", [{}, {"box-only": 2}])
def test_rejects_that_are_not_published_as_counted_publish_nothing(lake: Lake, rejected: dict[str, int]) -> None:
    receipts = write_rejects(lake, "a", [1], part=A)
    with pytest.raises(ConservationError, match="and publishes 1 of them"):
        publish_stage(
            lake,
            stage="ingest",
            key=KEY,
            rows_in=5,
            rows_out=5 - sum(rejected.values()),
            rejected=rejected,
            outputs=[Output("rejects", A, receipts)],
        )
    assert not lake.has("rejects")


def test_a_stage_that_read_nothing_publishes_nothing(lake: Lake) -> None:
    with pytest.raises(EmptyCheckError, match="read no rows"):
        publish_stage(lake, stage="x", key=KEY, rows_in=0, rows_out=0, rejected={}, outputs=[Output("rejects", A)])


def test_a_reason_that_is_not_on_the_list_is_refused(lake: Lake) -> None:
    receipts = write_rejects(lake, "a", [1], part=A)
    with pytest.raises(ContractError, match=r"rejects for \['bad mood'\]"):
        publish_stage(
            lake,
            stage="x",
            key=KEY,
            rows_in=1,
            rows_out=0,
            rejected={"bad mood": 1},
            outputs=[Output("rejects", A, receipts)],
        )


def test_receipts_of_another_key_or_part_are_refused(lake: Lake) -> None:
    counts = {"stage": "x", "rows_in": 1, "rows_out": 0, "rejected": {Reason.BOX_ONLY: 1}}
    receipts = write_rejects(lake, "a", [1], part=A, shards=1)
    with pytest.raises(ContractError, match="lie outside"):
        publish_stage(lake, key=rejects_key("a", [2]), outputs=[Output("rejects", A, receipts)], **counts)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="lie outside"):
        publish_stage(lake, key=KEY, outputs=[Output("rejects", {"source": "b"}, receipts)], **counts)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match=r"has parts by \['stage', 'source'\], got \['colour'\]"):
        publish_stage(lake, key=KEY, outputs=[Output("rejects", {"colour": "b"}, receipts)], **counts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("damage", "message"), [("gone", "is not in"), ("other", "its receipt says")])
def test_a_shard_that_differs_from_its_receipt_is_not_published(lake: Lake, damage: str, message: str) -> None:
    receipts = write_rejects(lake, "a", [1], part=A, shards=1)
    other = write_rejects(lake, "a", [1, 2, 3], part=A, shards=1)
    assert receipts[0] is not None
    assert other[0] is not None
    if damage == "gone":
        lake.store.delete(receipts[0].path)
    else:
        lake.store.write_bytes(receipts[0].path, lake.store.read_bytes(other[0].path))
    with pytest.raises(PublishError, match=message):
        publish_stage(
            lake,
            stage="x",
            key=KEY,
            rows_in=1,
            rows_out=0,
            rejected={"box-only": 1},
            outputs=[Output("rejects", A, receipts)],
        )
    assert not lake.has("rejects")


def test_the_content_of_equal_publications_is_equal_in_another_store_and_order(lake: Lake, tmp_path: Path) -> None:
    other = connect_lake(str(tmp_path / "other"), name="elsewhere")
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "b", [3])
    publish_rejects(other, "b", [7, 8])
    publish_rejects(other, "b", [3])
    publish_rejects(other, "a", [1, 2])
    assert lake.snapshot("rejects").content == other.snapshot("rejects").content
    publish_rejects(other, "b", [3, 4])
    assert lake.snapshot("rejects").content != other.snapshot("rejects").content
    assert lake.snapshot("rejects", part={"source": "a"}).content == other.snapshot("rejects", part={"source": "a"}).content


def test_the_content_of_a_table_that_was_emptied_is_that_of_an_empty_one(lake: Lake) -> None:
    publish_rejects(lake, "a", [])
    empty = lake.snapshot("rejects").content
    publish_rejects(lake, "a", [1])
    assert lake.snapshot("rejects").content != empty
    publish_rejects(lake, "a", [])
    assert lake.snapshot("rejects").content == empty


def test_a_run_that_began_earlier_does_not_publish_over_its_successor(lake: Lake) -> None:
    zombie, successor = (connect_lake(lake.store.root) for _ in range(2))
    slow = write_rejects(zombie, "a", [1], part=A, shards=1)
    publish_rejects(successor, "a", [2])
    with pytest.raises(LeaseLostError, match="a run that began after this one has published"):
        publish_stage(
            zombie,
            stage="ingest",
            key=KEY,
            rows_in=1,
            rows_out=0,
            rejected={"box-only": 1},
            outputs=[Output("rejects", A, slow)],
        )
    assert published_numbers(lake) == [2]
    publish_rejects(zombie, "a", [3])
    assert published_numbers(lake) == [3]


@pytest.mark.parametrize("part", [{}, {"stage": "ingest"}])
def test_nor_over_a_successor_that_replaced_a_larger_part(lake: Lake, part: dict[str, str]) -> None:
    zombie, successor = (connect_lake(lake.store.root) for _ in range(2))
    slow = write_rejects(zombie, "a", [1], part=A, shards=1)
    publish_rejects(successor, "a", [2], part=part)
    with pytest.raises(LeaseLostError, match="a run that began after this one"):
        publish_stage(
            zombie,
            stage="ingest",
            key=KEY,
            rows_in=1,
            rows_out=0,
            rejected={"box-only": 1},
            outputs=[Output("rejects", A, slow)],
        )


def test_a_run_whose_lease_was_taken_over_does_not_publish(lake: Lake) -> None:
    zombie, successor = (connect_lake(lake.store.root) for _ in range(2))
    slow = write_rejects(zombie, "a", [1], part=A, shards=1)
    write_rejects(successor, "a", [1], part=A, shards=1)
    with pytest.raises(LeaseLostError, match="another run has taken it over"):
        publish_stage(
            zombie,
            stage="ingest",
            key=KEY,
            rows_in=1,
            rows_out=0,
            rejected={"box-only": 1},
            outputs=[Output("rejects", A, slow)],
        )
    assert not lake.has("rejects")


def test_leases_are_given_back_after_publishing(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "a", [1])
    assert [lease.key for lease in lake.leases.leases()] == []


def test_a_table_that_is_replaced_every_night_keeps_few_manifests(lake: Lake) -> None:
    for night in range(6):
        publish_rejects(lake, "a", [night])
    table = lake.table("rejects")
    current = table.current_snapshot()
    assert current is not None
    assert len(current.manifests(table.io)) == 2  # what came and what went in the last night


def test_what_was_taken_away_can_be_appended_again(lake: Lake) -> None:
    first = publish_rejects(lake, "a", [1], part={}, mode="append")
    publish_rejects(lake, "b", [2], part={}, mode="append")
    key = stage_key("delete", inputs={"publication": first.key}, spec={})
    for _ in range(2):
        lake.location("rejects", key)
        outputs = [Output("rejects", {}, [], "append")]
        publish_stage(lake, stage="delete", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs, instead_of=first.key)
        assert published_numbers(lake) == [2]
    assert standing(lake, first.key, "rejects", {}) is None
    assert not publish_rejects(lake, "a", [1], part={}, mode="append").skipped
    assert published_numbers(lake) == [1, 2]
    assert publish_rejects(lake, "a", [1], part={}, mode="append").skipped
