"""Keeps what a starting JVM writes to stderr and nobody needs off the terminal, for as long as the JVM lives."""

import os
import sys
import threading
from collections.abc import Iterable, Iterator
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

_TRACE = b"Traceback (most recent call last):"
_OF_DAEMON, _BROKEN = b"pyspark/daemon.py", b"BrokenPipeError"
"""A trace through nothing but Spark's daemon to a broken pipe: a worker that idled for a minute, and that the JVM has let go."""

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
        rest, held = b"", list[bytes]()
        while data := stream.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            kept = b"".join(line + b"\n" for line in _without_farewells(lines, held) if not any(noise in line for noise in NOISE))
            if kept:
                os.write(real, kept)
        os.write(real, b"".join(line + b"\n" for line in held) + rest)
    os.close(real)


def _without_farewells(lines: Iterable[bytes], held: list[bytes]) -> Iterator[bytes]:
    """Yield lines without the traces of idle workers that were let go; `held` keeps the lines of one that has not ended yet."""
    for line in lines:
        if held and line.startswith(_BROKEN) and all(_OF_DAEMON in frame for frame in held[1:] if frame.startswith(b"  File")):
            held.clear()
        elif line.startswith(_TRACE):
            yield from held
            held[:] = [line]
        elif held and line.startswith(b"  "):
            held.append(line)
        else:
            yield from held
            held.clear()
            yield line
