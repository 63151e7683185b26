"""Errors of Spark's workers reach the driver as what they were; on a full disk a command says so in one line."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from jobs.spark.failures import errors_of_workers, raised_by_worker
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import SparkSettings
from lake.errors import InputError
from lake.storage.store import Store
from tests.support.judged_lake import invented_pipeline


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    once = SparkSettings(master="local[1,1]")  # a task is tried once
    session = spark_session(invented_pipeline(tmp_path_factory.mktemp("failing")).model_copy(update={"spark": once}))
    yield session
    session.stop()


def fill_a_disk(_: int) -> None:
    with Path("/dev/full").open("wb") as disk:
        disk.write(b"a byte")


def write_below_a_file(_: int) -> None:
    Store("/dev/null").write_bytes("shard", b"")


def miss_an_image(_: int) -> None:
    raise InputError("image 'a.jpg' is\nnot what it was: expected one thing, got another")


def divide_by_nothing(number: int) -> float:
    return number / 0


def fill_by_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        fill_a_disk(0)
        yield batch


def test_what_the_system_refuses_a_worker_is_raised_with_its_number(spark: SparkSession) -> None:
    with pytest.raises(OSError, match="No space left on device") as full, errors_of_workers():
        run_tasks(spark.sparkContext, [1], fill_a_disk)
    with pytest.raises(OSError, match="No space left on device"), errors_of_workers():
        spark.range(2).mapInArrow(fill_by_batches, "id long").collect()
    with pytest.raises(FileExistsError, match="'/dev/null'"), errors_of_workers():
        run_tasks(spark.sparkContext, [1], write_below_a_file)
    assert full.value.errno == errno.ENOSPC


def test_a_deliberate_error_of_a_worker_keeps_its_type_and_its_words(spark: SparkSession) -> None:
    with pytest.raises(InputError) as told, errors_of_workers():
        run_tasks(spark.sparkContext, [1], miss_an_image)
    assert str(told.value) == "image 'a.jpg' is\nnot what it was: expected one thing, got another"


def test_a_crash_of_a_worker_keeps_its_trace(spark: SparkSession) -> None:
    with pytest.raises(PythonException, match=r"in divide_by_nothing[\s\S]*ZeroDivisionError: division by zero"), errors_of_workers():
        run_tasks(spark.sparkContext, [1], divide_by_nothing)


def test_a_disk_that_is_full_of_sparks_own_files_is_named() -> None:
    said = f"Job aborted due to stage failure\n\tCaused by: java.io.IOException: {os.strerror(errno.ENOSPC)}\n\tat java.base/write"
    assert "spark.local.dir" in str(raised_by_worker(said))
    assert raised_by_worker("org.apache.spark.SparkException: Job 0 cancelled") is None


def test_a_disk_that_is_full_ends_a_command_with_2_and_one_line_and_leaves_nothing_to_mend(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("a disk of a test's own needs `unshare -rm`, which this machine does not allow")
    (tmp_path / "disk").mkdir()
    command = ["unshare", "-rm", sys.executable, "-m", "tests.support.full_disk_commands", f"{tmp_path}/disk", f"sqlite:///{tmp_path}/c.db"]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
    assert (done["code"], done["out"], done["published"]) == (2, "", False)
    (line,) = done["err"].splitlines()
    assert line.startswith("error: ingest: ") and f"No space left on device: '{tmp_path}/disk/world/store/tables/annotations" in line
    assert done["rows"] == done["rows_out"] > 0
