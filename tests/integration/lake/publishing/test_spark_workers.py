"""Spark's workers are killed while they write shards; what is published is what an undisturbed job publishes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.spark.session import retrying_master, settings
from lake.lake import Lake, connect_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.reasons import Reason
from tests.support.publications import published_numbers, reject_rows, rejects_key

NUMBERS = range(60)
SHARDS = 4
PART = {"stage": "ingest", "source": "a"}
RECEIPT = pa.schema([("path", pa.string()), ("rows", pa.int64()), ("bytes", pa.int64()), ("sha256", pa.string())])


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A local session of two threads that tries a task again."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.Builder().master(retrying_master("local[2]")).appName("workers that are killed")
    for name, value in settings(local=True).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def _write(batches: Iterator[pa.RecordBatch], place: ShardLocation, moment: str, once: str) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for index in batch.column(0).to_pylist():
            dies = _dies_now(once) if index == 1 and moment != "never" else _lives
            if moment == "before":
                dies()
            rows = _rows(index, dies if moment == "during" else _lives)
            receipt = write_shard(place, shard_name(index, SHARDS), rows, rows_per_group=4)
            assert receipt is not None
            if moment == "after":
                dies()
            told = [receipt.path, receipt.rows, receipt.bytes, receipt.sha256]
            yield pa.RecordBatch.from_pydict({n: [v] for n, v in zip(RECEIPT.names, told, strict=True)}, schema=RECEIPT)


def _rows(index: int, dies: Callable[[], None]) -> Iterator[pa.Table]:
    hand = list(NUMBERS)[index::SHARDS]
    yield reject_rows("a", hand[:8])
    dies()
    yield reject_rows("a", hand[8:])


def _dies_now(once: str) -> Callable[[], None]:
    def die() -> None:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    return die


def _lives() -> None:
    return


def _publish(lake: Lake, spark: SparkSession, moment: str, once: Path) -> None:
    place = lake.location("rejects", rejects_key("a", NUMBERS), PART)
    indexes = spark.range(0, SHARDS, 1, SHARDS)
    writes = partial(_write, place=place, moment=moment, once=str(once))
    rows = indexes.mapInArrow(writes, "path string, rows long, bytes long, sha256 string").collect()
    receipts = [Receipt(row.path, row.rows, row.bytes, row.sha256, PART) for row in rows]
    publish_stage(
        lake,
        stage="ingest",
        key=place.key,
        rows_in=len(NUMBERS),
        rows_out=0,
        rejected={Reason.BOX_ONLY: len(NUMBERS)},
        outputs=[Output("rejects", PART, receipts)],
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    spark: SparkSession, tmp_path: Path, moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet, disturbed = connect_lake(str(tmp_path / "quiet")), connect_lake(str(tmp_path / "disturbed"))
    _publish(quiet, spark, "never", tmp_path / "never")
    _publish(disturbed, spark, moment, tmp_path / "died")
    assert (tmp_path / "died").exists()
    assert published_numbers(disturbed) == list(NUMBERS)
    assert disturbed.snapshot("rejects").content == quiet.snapshot("rejects").content
    assert [file.path for file in disturbed.files("rejects")] == [file.path for file in quiet.files("rejects")]
    with capsys.disabled():
        sys.stdout.write(f"\nSIGKILL of a Spark worker {moment} it writes a shard  went through  as undisturbed\n")
