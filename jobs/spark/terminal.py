"""Keeps what a starting JVM writes to stderr and nobody needs off the terminal, for as long as the JVM lives."""

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
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
    """Yield lines without the traces of idle workers that were let go; `held` keeps the lines of those that have not ended yet.

    Workers write at the same time, so the lines of several traces may be mixed.
    """
    for line in lines:
        if line.startswith(_TRACE) or (held and (line.startswith((b"  ", _BROKEN)))):
            held.append(line)
            if _is_whole_farewell(held):
                held.clear()
        else:
            yield from held
            held.clear()
            yield line


def _is_whole_farewell(held: Sequence[bytes]) -> bool:
    begun, ended = (sum(line.startswith(mark) for line in held) for mark in (_TRACE, _BROKEN))
    return begun == ended and all(_OF_DAEMON in line for line in held if line.startswith(b"  File"))
