"""Spark's JVM, a child of this process: how it is ended, whether it is dead, and how another one takes its place."""

import subprocess
from contextlib import suppress
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

_DYING_S = 5.0
"""From the end of a process's sockets to its own."""

_ENDS_IN_S = 120.0
"""A JVM may write the archive of its classes when it ends."""


def end_jvm() -> None:
    """End Spark's JVM, which this process has started, and the context in it; the next session starts another one."""
    gateway: Any = SparkContext._gateway
    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()  # which is what the JVM ends by
    gateway.proc.wait(_ENDS_IN_S)
    SparkContext._gateway = SparkContext._jvm = None


def end_of_jvm() -> str | None:
    """Say how Spark's JVM ended; None where it lives, was never started, or is no child of this process."""
    process = getattr(SparkContext._gateway, "proc", None)
    if process is None or process.poll() is None:
        return None
    how = f"was killed by signal {-process.returncode}" if process.returncode < 0 else f"ended with {process.returncode}"
    return f"Spark's JVM (process {process.pid}) {how}"


def await_end_of_jvm() -> str | None:
    """Say how Spark's JVM ended, when a call to it has just failed; None where it lives on."""
    process = getattr(SparkContext._gateway, "proc", None)
    if process is not None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_DYING_S)
    return end_of_jvm()


def forget_dead_jvm() -> None:
    """Drop the session and the context of a JVM that is dead, so that the next session starts another one."""
    if end_of_jvm() is None:
        return
    context: Any = SparkContext._active_spark_context
    if context is not None:
        with suppress(Exception):  # it wants to tell the JVM first
            context.stop()
        context.stop()
    gateway: Any = SparkContext._gateway
    with suppress(Exception):
        gateway.shutdown()
    for stream in filter(None, (gateway.proc.stdin, gateway.proc.stdout, gateway.proc.stderr)):
        with suppress(OSError):
            stream.close()
    SparkContext._gateway = SparkContext._jvm = None
    SparkSession._instantiatedSession = None
