"""What Spark's workers see of this process's AWS settings, however long their session has been running."""

import os
import sys
from collections.abc import Iterator

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from jobs.spark.gateway import forget_dead_jvm
from jobs.spark.session import settings
from jobs.spark.tasks import run_tasks
from jobs.spark.worker_environment import end_outdated_jvm, tell_workers
from lake.errors import UnreachableError

PLACE = "AWS_ENDPOINT_URL_S3"
SECRET = "AWS_SECRET_ACCESS_KEY"


def _session(**conf: str) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.Builder().master("local[1]").appName("environments")
    for name, value in {**settings(local=True), **conf}.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


@pytest.fixture(autouse=True)
def _no_session() -> Iterator[None]:
    _stop()
    yield
    _stop()


def _stop() -> None:
    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()


def _seen(session: SparkSession, name: str) -> str | None:
    (value,) = run_tasks(session.sparkContext, [name], os.getenv)
    return value


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_workers_of_a_running_session_follow_the_endpoint_of_each_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _session(**{"spark.executorEnv.AWS_REGION": "their-own"})
    tell_workers(session.sparkContext)
    assert _seen(session, PLACE) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://one:1")
    monkeypatch.setenv("AWS_REGION", "ours")
    monkeypatch.setenv(SECRET, "a secret")
    tell_workers(session.sparkContext)
    assert _seen(session, PLACE) == "http://one:1"
    assert _seen(session, "AWS_REGION") == "their-own"
    assert "a secret" not in session.sparkContext.environment.values()
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    tell_workers(session.sparkContext)
    assert _seen(session, PLACE) is None


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_local_workers_get_credentials_that_came_after_their_jvm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    end_outdated_jvm()
    before = _session()
    end_outdated_jvm()
    assert SparkContext._active_spark_context is before.sparkContext
    monkeypatch.setenv(SECRET, "new")
    end_outdated_jvm()
    after = _session()
    assert _seen(after, SECRET) == "new"


def test_a_jvm_that_is_killed_is_told_and_replaced_in_the_same_process() -> None:
    before = _session()
    gateway = SparkContext._gateway
    assert gateway is not None
    gateway.proc.kill()
    with pytest.raises(UnreachableError, match=r"Spark's JVM \(process \d+\) was killed by signal 9; .* run it again"):
        run_tasks(before.sparkContext, [PLACE], os.getenv)
    forget_dead_jvm()
    after = _session()
    assert run_tasks(after.sparkContext, [1, 2], float) == [1.0, 2.0]
    assert SparkContext._gateway is not gateway
