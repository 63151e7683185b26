"""The Spark session of a pipeline: local or on a cluster, quiet, in UTC, with the pipeline's own settings last."""

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from jobs.spark.class_archive import sharing_options
from jobs.spark.gateway import forget_dead_jvm
from jobs.spark.terminal import without_noise
from jobs.spark.worker_environment import end_outdated_jvm, reads_s3, tell_workers
from lake.configuration import Pipeline

TASK_TRIES = 4
"""A local master tries a task once unless told otherwise; clusters try four times."""

LOG_LEVEL = "ERROR"

TELL_OF_TASKS = ("org.apache.spark.executor.Executor", "org.apache.spark.scheduler.TaskSetManager")
"""Loggers that write the trace of each failed try of a task; the last one reaches the driver as an exception anyway."""

QUICK_START = "-XX:TieredStopAtLevel=1"
"""Of a JVM that lives for minutes and leaves the work to Python: its second compiler costs more CPU than it saves."""

JVM_OPTIONS = "spark.driver.extraJavaOptions"

_LOCAL_JVM = f"-Duser.timezone=UTC -XX:-UsePerfData {QUICK_START}"

_LOCAL = re.compile(r"local(?:\[(?P<threads>\*|\d+)\])?")


def spark_session(pipeline: Pipeline) -> SparkSession:
    """Return the Spark session of a pipeline; one that runs already is used again.

    One whose JVM has died is replaced. Workers run this interpreter and reach the stores that this process reaches; for that, a
    local session that began under other AWS settings is ended first. Whatever `spark.conf` of the pipeline says wins over the
    settings made here.
    """
    # Arrow functions, which are all that the stages use, work with pandas 3.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    forget_dead_jvm()
    master = retrying_master(pipeline.spark.master)
    local = master.startswith("local")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if local:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        if reads_s3(pipeline):
            end_outdated_jvm()
    builder = SparkSession.Builder().master(master).appName(f"centrepiece {pipeline.name}")
    for name, value in {**settings(local=local), **pipeline.spark.conf}.items():
        builder = builder.config(name, value)
    if local and SparkContext._gateway is None and JVM_OPTIONS not in pipeline.spark.conf:
        builder = builder.config(JVM_OPTIONS, f"{_LOCAL_JVM} {sharing_options(_LOCAL_JVM)} {_temporary()}".strip())
    with without_noise():
        session: SparkSession = builder.getOrCreate()
        session.sparkContext.setLogLevel(session.conf.get("spark.log.level") or LOG_LEVEL)
        if local and session.conf.get("spark.log.level") == LOG_LEVEL:
            _leave_to_the_driver(session, TELL_OF_TASKS)
    tell_workers(session)
    return session


def _temporary() -> str:
    folder = tempfile.gettempdir()
    return "" if any(sign.isspace() for sign in folder) else f"-Djava.io.tmpdir={folder}"


def _leave_to_the_driver(session: SparkSession, loggers: Sequence[str]) -> None:
    jvm: Any = session.sparkContext._jvm
    log4j = jvm.org.apache.logging.log4j
    for name in loggers:
        log4j.core.config.Configurator.setLevel(name, log4j.Level.OFF)


def retrying_master(master: str) -> str:
    """Give tasks of a local master more than one try: `local[2]` becomes `local[2,4]`; others stay as they are."""
    match = _LOCAL.fullmatch(master)
    return f"local[{match['threads'] or 1},{TASK_TRIES}]" if match else master


def settings(*, local: bool) -> dict[str, str]:
    """Return the Spark settings that every stage relies on, by name."""
    common = {
        "spark.log.level": LOG_LEVEL,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # A changed bit in a file of a table is an error and never another row.
        "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
        "spark.python.worker.faulthandler.enabled": "true",
        JVM_OPTIONS: "-Duser.timezone=UTC",
    }
    if not local:
        return common
    return {
        **common,
        JVM_OPTIONS: _LOCAL_JVM,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        # On TCP a small message waits 40 ms for the acknowledgement of the one before, several times a task.
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.sql.shuffle.partitions": "8",
    }
