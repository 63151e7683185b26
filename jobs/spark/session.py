"""The Spark context and session of a pipeline: local or on a cluster, quiet, in UTC, with the pipeline's own settings last."""

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

from pyspark import SparkConf, SparkContext
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
    """Return the Spark session of a pipeline, for what needs SQL; see `spark_context`."""
    # Arrow functions, which are all that the stages use, work with pandas 3.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    spark_context(pipeline)
    builder = SparkSession.Builder()
    for name, value in _settings_of(pipeline).items():
        builder = builder.config(name, value)
    with without_noise():
        session: SparkSession = builder.getOrCreate()
    return session


def spark_context(pipeline: Pipeline) -> SparkContext:
    """Return the Spark context of a pipeline; one that runs already is used again.

    Pieces of work need no more: without SQL it is there a second sooner. One whose JVM has died is replaced. Workers run this
    interpreter and reach the stores that this process reaches; for that, a local context that began under other AWS settings is
    ended first. Whatever `spark.conf` of the pipeline says wins over the settings made here.
    """
    forget_dead_jvm()
    local = _is_local(pipeline)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if local:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        if reads_s3(pipeline):
            end_outdated_jvm()
    chosen = _settings_of(pipeline)
    if local and SparkContext._gateway is None and JVM_OPTIONS not in pipeline.spark.conf:
        chosen[JVM_OPTIONS] = f"{_LOCAL_JVM} {sharing_options(_LOCAL_JVM)} {_temporary()}".strip()
    configuration = SparkConf().setMaster(retrying_master(pipeline.spark.master)).setAppName(f"centrepiece {pipeline.name}")
    with without_noise():
        context = SparkContext.getOrCreate(configuration.setAll(list(chosen.items())))
        context.setLogLevel(chosen["spark.log.level"])
        if local and chosen["spark.log.level"] == LOG_LEVEL:
            _leave_to_the_driver(context, TELL_OF_TASKS)
    tell_workers(context)
    return context


def _is_local(pipeline: Pipeline) -> bool:
    return pipeline.spark.master.startswith("local")


def _settings_of(pipeline: Pipeline) -> dict[str, str]:
    return {**settings(local=_is_local(pipeline)), **pipeline.spark.conf}


def _temporary() -> str:
    folder = tempfile.gettempdir()
    return "" if any(sign.isspace() for sign in folder) else f"-Djava.io.tmpdir={folder}"


def _leave_to_the_driver(context: SparkContext, loggers: Sequence[str]) -> None:
    jvm: Any = context._jvm
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
