"""A broken rule stops a publication and leaves its page; a check over nothing is no check; pages are optional."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.quality.check import check_quality, in_process
from jobs.quality.rules import RULES
from lake.errors import EmptyCheckError, ExpectationError
from lake.lake import Lake, connect_lake
from lake.publishing.shards import Receipt, write_shard
from tests.support.checked_rows import sound_rows

KEY = "a" * 64


def written(lake: Lake, table: str, shard: str, rows: pa.Table) -> Receipt | None:
    return write_shard(lake.location(table, KEY, {"source": "s"} if table == "annotations" else {}), shard, [rows])


@pytest.mark.parametrize("table", sorted(RULES))
def test_a_broken_rule_stops_the_publication_and_leaves_its_page(tmp_path: Path, table: str) -> None:
    lake, shared = connect_lake(str(tmp_path)), {"source": "s"} if table == "annotations" else {}
    good = written(lake, table, "shard-0", sound_rows(table, shared))
    bad = written(lake, table, "shard-1", sound_rows(table, shared, {**shared, "area": 33}))
    page = f"reports/expectations/{table}/aaaaaaaaaaaaaaaa-000.html"
    assert check_quality(lake, table, KEY, [good, None]) == {"rows": 1, "expectations": len(RULES[table]), "pages": [page]}
    lake.store.delete(page)
    identity = "crop_id" if table == "crops" else "instance_id"
    with pytest.raises(
        ExpectationError,
        match=rf"table '{table}': 1 of \d+ rules .* 2 rows: \w*area\w*: 1 of 2 .*{identity} '.*nothing was published, see .*{page}",
    ):
        check_quality(lake, table, KEY, [bad])
    assert lake.store.list("reports/expectations") == (page,)


def test_an_id_of_another_batch_stops_the_publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.quality.check.ROWS_AT_ONCE", 2)
    lake = connect_lake(str(tmp_path))
    batches = []

    def run(pieces: Any, work: Any, /) -> list[Any]:
        batches.append(len(pieces))
        return in_process(pieces, work)

    receipts = [
        written(lake, "instances", f"shard-{number}", sound_rows("instances", {}, {"instance_id": f"{number:016x}" + "0" * 48}))
        for number in (2, 3)
    ]
    with pytest.raises(ExpectationError, match=r"duplicate_id: 2 of 4 rows.*source_ref ':0'.*source_ref ':0'"):
        check_quality(lake, "instances", KEY, receipts, run=run)
    assert batches == [2, 2]  # the ids, then the rows


def test_a_table_without_a_row_is_not_published_unless_it_may_be_empty(tmp_path: Path) -> None:
    lake = connect_lake(str(tmp_path))
    with pytest.raises(EmptyCheckError, match="'crops' was to be published without a row"):
        check_quality(lake, "crops", KEY, [None])
    assert check_quality(lake, "annotations", KEY, [None], may_be_empty=True) == {"rows": 0, "expectations": 0, "pages": []}


@pytest.mark.parametrize("may_be_empty", [False, True])
def test_a_shard_without_a_row_checks_nothing(tmp_path: Path, may_be_empty: bool) -> None:
    lake = connect_lake(str(tmp_path))
    hollow = Receipt(path="data/crops/x.parquet", rows=0, bytes=1, sha256="0" * 64)
    with pytest.raises(EmptyCheckError, match="checked over nothing"):
        check_quality(lake, "crops", KEY, [hollow], may_be_empty=may_be_empty)


WITHOUT = """
import logging, sys
sys.modules["great_expectations"] = None
from jobs.quality.check import check_quality
from lake.errors import ExpectationError
from lake.lake import connect_lake
from lake.publishing.shards import write_shard
from tests.support.checked_rows import sound_rows

def check(shard, change):
    receipt = write_shard(lake.location("crops", "a" * 64), shard, [sound_rows("crops", change)])
    return check_quality(lake, "crops", "a" * 64, [receipt])

logging.basicConfig(level="INFO", stream=sys.stdout)
lake = connect_lake(sys.argv[1])
print(check("shard-0", {})["pages"])
try:
    check("shard-1", {"holes": -1})
except ExpectationError as error:
    print(error)
print(lake.store.list("reports"))
"""


def test_the_check_holds_without_great_expectations_and_says_what_renders_pages(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "INFO:jobs.quality.check:" in done.stdout
    assert "centrepiece[quality] renders pages" in done.stdout
    assert "\n[]\n" in done.stdout
    assert "holes_below_0: 1 of 1 rows" in done.stdout
    assert "nothing was published\n" in done.stdout
    assert done.stdout.endswith("()\n")


def test_a_fault_of_great_expectations_itself_is_not_taken_for_its_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jobs.quality.page", None)
    lake = connect_lake(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match=r"jobs\.quality\.page"):
        check_quality(lake, "crops", KEY, [written(lake, "crops", "shard-0", sound_rows("crops", {}))])


def test_a_process_that_checks_nothing_does_not_load_great_expectations() -> None:
    code = "import sys, jobs.quality.check; print('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
