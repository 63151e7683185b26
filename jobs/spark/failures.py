"""Errors that Spark's workers raised, raised again on the driver as what they were."""

import builtins
import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PythonException

import lake.errors
from jobs.spark.gateway import await_end_of_jvm
from lake.errors import CentrepieceError, DamagedFileError, UnreachableError

_OF_SYSTEM = re.compile(r"\[Errno (?P<number>\d+)\] (?P<text>.*)", re.DOTALL)
_WRONG_CHECKSUM = "CRC checksum verification failed"
_READING = re.compile(r"while reading file (?P<path>\S+?)\.?(?:\s|$)")
_FULL = os.strerror(errno.ENOSPC)


@contextmanager
def errors_of_workers() -> Iterator[None]:
    """Raise what a worker raised inside the block as if it had been raised here: a deliberate error, or one of the system.

    Other errors of workers, which are crashes, stay as Spark tells them, with the worker's trace.

    Raises:
        UnreachableError: Spark's JVM has died; the next session starts another one.
    """
    try:
        yield
    except (Py4JError, ConnectionError, PythonException) as error:
        if not isinstance(error, PythonException | Py4JJavaError):
            if (ended := await_end_of_jvm()) is None:
                raise
            raise UnreachableError(f"{ended}; the machine may be short of memory; run it again") from error
        raised = raised_by_worker(str(error))
        if raised is None:
            raise
        raise raised from error


def raised_by_worker(account: str) -> CentrepieceError | OSError | None:
    """Return the error that Spark's account of a failed job ends with, or None where it is neither deliberate nor the system's.

    Args:
        account: Holds the trace of the worker, as Python writes it; its last lines are the type and the message.
    """
    if _WRONG_CHECKSUM in account:
        file = _READING.search(account)
        path = file["path"] if file else "of the tables that are read"
        return DamagedFileError(
            f"file {path} is not what was published: {_WRONG_CHECKSUM}; `centrepiece doctor --verify` names all such files"
        )
    _, found, trace = account.rpartition("Traceback (most recent call last):\n")
    if not found:
        # Not Python's but Spark's own files: what it shuffles or sends is written below `spark.local.dir`.
        return OSError(errno.ENOSPC, f"{_FULL}, where Spark keeps its own files (spark.local.dir)") if _FULL in account else None
    lines = trace.split("\n")
    begins = next((number for number, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    name, _, message = "\n".join(lines[begins:]).partition(": ")
    module, _, kind = name.rpartition(".")
    if module == lake.errors.__name__:
        ours = getattr(lake.errors, kind, None)
        return ours(message) if isinstance(ours, type) and issubclass(ours, CentrepieceError) else None
    if module == "botocore.exceptions":
        return UnreachableError(message)
    builtin = getattr(builtins, kind, None)
    if module or not (isinstance(builtin, type) and issubclass(builtin, OSError)):
        return None
    numbered = _OF_SYSTEM.match(message)
    return OSError(int(numbered["number"]), numbered["text"]) if numbered else builtin(message)
