"""Compiles numeric Python functions to machine code, on their first call, and keeps it on disk.

numba is a dependency rather than an option: it has wheels wherever torch has, and no install needs a compiler. The
first call on a machine compiles (seconds); later processes load the code (milliseconds). The code is kept beside the
modules or, where that folder is read-only, in the user's own cache folder; `NUMBA_CACHE_DIR` names another. Where none
can be written to, each process compiles for itself.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, overload

import numba

from lake.publishing.processes import SHARED_FOLDER

Kernel = Callable[..., Any]


@overload
def kernel(function: Kernel) -> Kernel: ...


@overload
def kernel(*, error_model: Literal["python", "numpy"]) -> Callable[[Kernel], Kernel]: ...


def kernel(function: Kernel | None = None, *, error_model: Literal["python", "numpy"] = "python") -> Kernel | Callable[[Kernel], Kernel]:
    """Compile a function of numbers and numpy arrays; it runs without the interpreter's lock.

    Args:
        function: What to compile; left out where the decorator is given options.
        error_model: What a division by zero does: "python" raises ZeroDivisionError, "numpy" gives inf or nan.
    """
    if function is None:
        return lambda decorated: _compiled(decorated, error_model)
    return _compiled(function, error_model)


def _compiled(function: Kernel, error_model: Literal["python", "numpy"]) -> Kernel:
    try:
        compiled: Kernel = numba.njit(cache=True, nogil=True, error_model=error_model)(function)
    except RuntimeError:  # numba found no folder to keep the machine code in
        compiled = numba.njit(nogil=True, error_model=error_model)(function)
    return compiled


@contextmanager
def compiling_alone() -> Iterator[None]:
    """Let one process of this user at a time into the block: what it compiles there, the next ones find on disk."""
    path = Path(os.environ.get(SHARED_FOLDER) or tempfile.gettempdir()) / f"centrepiece-kernels-{os.getuid()}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
