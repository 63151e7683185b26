import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from lake.errors import InputError
from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import expire_snapshots, gc
from lake.publishing.records import EXPECTATION_PAGES
from lake.publishing.snapshots import history
from tests.support.forks import FORKS
from tests.support.publications import publish_rejects, published_numbers, write_rejects

A = {"stage": "ingest", "source": "a"}
NOTHING = timedelta(0)


def _sweep(lake: Lake, *, dry_run: bool = False) -> dict[str, object]:
    time.sleep(0.01)
    return gc(lake, dry_run=dry_run, keep=NOTHING, grace=NOTHING).as_json()


def test_a_dry_run_says_what_a_run_removes_and_removes_nothing(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "a", [2])
    before = lake.store.list()
    told = _sweep(lake, dry_run=True)
    assert lake.store.list() == before
    done = _sweep(lake)
    assert {**told, "dry_run": False} == done
    assert told["removed"]
    assert set(before) - set(lake.store.list()) == set(done["removed"])  # type: ignore[call-overload]


def test_old_snapshots_go_with_their_files_and_the_rows_stay(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    publish_rejects(lake, "a", [3])
    done = _sweep(lake)
    assert len(done["expired"]["rejects"]) == 2  # type: ignore[index]
    assert published_numbers(lake) == [2, 3]
    assert [f for f in examine_lake(lake, verify=True) if f.level == "fault"] == []
    assert [f for f in examine_lake(lake) if "no snapshot names" in f.message] == []
    assert publish_rejects(lake, "a", [3]).skipped
    assert publish_rejects(lake, "b", [2]).skipped
    assert _sweep(lake)["removed"] == {}


def test_young_snapshots_and_young_files_stay(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "a", [2])
    lake.store.write_bytes("tables/rejects/feedfeedfeedfeed/x.parquet", b"x")
    done = gc(lake, dry_run=False)
    assert (done.expired, done.removed) == ({}, {})


def test_days_count_from_when_a_state_was_replaced(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    day, now = 86_400_000, time.time_ns() // 1_000_000
    for numbers in ([1], [1, 2], [3]):
        publish_rejects(lake, "a", numbers)
    ids = [snapshot.snapshot_id for snapshot in history(lake.state("rejects"))][::-1]
    monkeypatch.setattr(
        "lake.publishing.snapshots.commit_times", lambda _: dict(zip(ids, (now - d * day for d in (30, 20, 2)), strict=True))
    )
    assert gc(lake, dry_run=True, keep=timedelta(days=7), grace=NOTHING).expired == {"rejects": ids[:1]}


def test_what_a_tag_alone_holds_is_told(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects").snapshot_id
    size = sum(file.bytes for file in lake.files("rejects"))
    lake.tag("rejects", first, "training-1")
    assert _sweep(lake, dry_run=True)["held"] == {"rejects": {"training-1": 0}}
    publish_rejects(lake, "b", [2])
    assert _sweep(lake, dry_run=True)["held"] == {"rejects": {"training-1": 0}}
    publish_rejects(lake, "a", [3])
    assert _sweep(lake, dry_run=True)["held"] == {"rejects": {"training-1": size}}
    lake.tag("rejects", first, "again")
    assert _sweep(lake, dry_run=True)["held"] == {"rejects": {"training-1": 0, "again": 0}}


def test_pages_of_checks_go_with_the_last_snapshot_of_their_publication(lake: Lake) -> None:
    keys = []
    for number in (1, 2, 3):
        keys.append(publish_rejects(lake, "a", [number]).key[:16])
        if number == 1:
            lake.tag("rejects", lake.snapshot("rejects").snapshot_id, "training-1")
    keys.append("feedfeedfeedfeed")  # of a check that failed: nothing was published under it
    pages = [f"{EXPECTATION_PAGES}/annotations/{key}-{number:03d}.html" for key in keys for number in (0, 1)]
    for page in pages:
        lake.store.write_bytes(page, b"page")
    assert gc(lake, dry_run=False).removed == {}
    _sweep(lake)
    assert set(lake.store.list(EXPECTATION_PAGES)) == {page for page in pages if page.rpartition("/")[2][:16] in (keys[0], keys[2])}


def test_a_tagged_snapshot_stays_readable(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    lake.tag("rejects", lake.snapshot("rejects").snapshot_id, "training-1")
    publish_rejects(lake, "a", [2])
    publish_rejects(lake, "a", [3])
    done = _sweep(lake)
    assert done["tagged"] == {"rejects": {"training-1": lake.snapshot("rejects", "training-1").snapshot_id}}
    assert lake.read("rejects", as_of="training-1", columns=["source_ref"]).to_pylist() == [{"source_ref": "row 1"}]
    assert lake.snapshot("rejects", part=A, as_of="training-1").content


def test_tagged_and_newest_snapshots_are_refused_by_name(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects").snapshot_id
    lake.tag("rejects", first, "training-1")
    publish_rejects(lake, "a", [2])
    with pytest.raises(InputError, match="is tagged 'training-1'; it stays"):
        expire_snapshots(lake, "rejects", [first])
    with pytest.raises(InputError, match="is the newest"):
        expire_snapshots(lake, "rejects", [lake.snapshot("rejects").snapshot_id])
    with pytest.raises(InputError, match="has no snapshot 7"):
        expire_snapshots(lake, "rejects", [7])


def test_the_files_of_a_run_that_is_at_work_stay_until_it_publishes(lake: Lake) -> None:
    publish_rejects(lake, "b", [2])
    other = connect_lake(lake.store.root)
    written = write_rejects(other, "a", [1], part=A)
    _sweep(lake)
    assert all(receipt is None or lake.store.exists(receipt.path) for receipt in written)
    publish_rejects(other, "a", [1])
    assert published_numbers(lake) == [1, 2]


def test_what_a_killed_run_left_goes(lake: Lake) -> None:
    publish_rejects(lake, "b", [2])
    process = FORKS.Process(target=_write_and_vanish, args=(lake.store.root,))
    process.start()
    process.join()
    process.close()
    done = _sweep(lake)
    assert len(done["leases"]) == 1  # type: ignore[arg-type]
    assert any("source=a" in path for path in done["removed"])  # type: ignore[attr-defined]
    assert "tables/rejects/.writing-half" in done["removed"]  # type: ignore[operator]
    assert published_numbers(lake) == [2]
    assert lake.leases.leases() == []


def _write_and_vanish(root: str) -> None:
    write_rejects(connect_lake(root), "a", [1], part=A)
    Path(root, "tables/rejects/.writing-half").write_bytes(b"x")
    os._exit(0)


def test_other_folders_of_the_store_are_left_alone(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    for path in ("models/x/weights", "exports/images/y.jpg", "reports/z.html"):
        lake.store.write_bytes(path, b"x")
    _sweep(lake)
    assert {"models/x/weights", "exports/images/y.jpg", "reports/z.html"} <= set(lake.store.list())
