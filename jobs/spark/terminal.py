"""Keeps what a starting JVM writes to stderr and nobody needs off the terminal, for as long as the JVM lives."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = (
    b"WARNING: Using incubator modules",
    b"Using Spark's default log4j profile",
    b"Setting default log level",
    b"To adjust logging level",
    b"Setting Spark log level",
    b"WARN NativeCodeLoader",
    b"PySpark does not yet fully support pandas",
    b"require_minimum_pandas_version()",
)
"""What each start of Spark prints without anything being wrong."""

_STDERR = 2


@contextmanager
def without_noise() -> Iterator[None]:
    """Give processes that are started inside the block a stderr whose noise is dropped; all else is passed on."""
    sys.stderr.flush()
    real = os.dup(_STDERR)
    reading, writing = os.pipe()
    threading.Thread(target=_pass_on, args=(reading, real), daemon=True).start()
    os.dup2(writing, _STDERR)
    os.close(writing)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(real, _STDERR)


def _pass_on(reading: int, real: int) -> None:
    with os.fdopen(reading, "rb", buffering=0) as stream:
        rest = b""
        while data := stream.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            kept = b"".join(line + b"\n" for line in lines if not any(noise in line for noise in NOISE))
            if kept:
                os.write(real, kept)
        os.write(real, rest)
    os.close(real)
