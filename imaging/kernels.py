"""Compiles numeric Python functions to machine code, on their first call, and keeps it on disk.

numba is a dependency rather than an option: it has wheels wherever torch has, and no install needs a compiler. The
first call on a machine compiles (seconds); later processes load the code (milliseconds). The code is kept beside the
modules or, where that folder is read-only, in the user's own cache folder; `NUMBA_CACHE_DIR` names another. Where none
can be written to, each process compiles for itself. numba itself is loaded by the first call of any of them: a module
that defines kernels costs nothing to who only imports it.
"""

import fcntl
import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, overload

from lake.publishing.processes import SHARED_FOLDER

ErrorModel = Literal["python", "numpy"]


class Instruction:
    """An instruction of compiled code, which kernels use in line; it is made with the first kernel that does."""

    def __init__(self, definition: Callable[..., Any]) -> None:
        """Keep what numba's `intrinsic` takes: from a typing context and types to a signature and what generates code."""
        functools.update_wrapper(self, definition)
        self._definition = definition

    @functools.cached_property
    def compiled(self) -> Any:
        """What numba knows it by."""
        from numba.extending import intrinsic

        return intrinsic(self._definition)

    def __call__(self, *arguments: Any) -> Any:
        """Refuse: only compiled code has instructions."""
        raise TypeError(f"{self._definition.__name__} is an instruction of compiled code")


class Kernel:
    """A function of numbers and numpy arrays that runs as machine code, without the interpreter's lock."""

    def __init__(self, function: FunctionType, error_model: ErrorModel) -> None:
        """Keep a function of a module and what it does where something is divided by zero."""
        functools.update_wrapper(self, function)
        self.py_func = function
        self._error_model = error_model

    @functools.cached_property
    def compiled(self) -> Any:
        """numba's dispatcher, which compiles for the types that it is called with."""
        import numba

        function = self._calling_compiled()
        try:
            return numba.njit(cache=True, nogil=True, error_model=self._error_model)(function)
        except RuntimeError:  # numba found no folder to keep the machine code in
            return numba.njit(nogil=True, error_model=self._error_model)(function)

    def __call__(self, *arguments: Any) -> Any:
        """Run it; the first call of a process loads numba, and compiles what is not on disk."""
        return self.compiled(*arguments)

    def _calling_compiled(self) -> FunctionType:
        """Return the function with what it calls as numba knows it."""
        function, known = self.py_func, self.py_func.__globals__
        used = {name: known[name] for name in function.__code__.co_names if name in known}
        compiled = {name: one.compiled for name, one in used.items() if isinstance(one, Kernel | Instruction) and one is not self}
        copied = FunctionType(function.__code__, {**known, **compiled}, function.__name__, function.__defaults__)
        functools.update_wrapper(copied, function, updated=())
        return copied


@overload
def kernel(function: Callable[..., Any]) -> Kernel: ...


@overload
def kernel(*, error_model: ErrorModel) -> Callable[[Callable[..., Any]], Kernel]: ...


def kernel(
    function: Callable[..., Any] | None = None, *, error_model: ErrorModel = "python"
) -> Kernel | Callable[[Callable[..., Any]], Kernel]:
    """Compile a function of numbers and numpy arrays when it is called; it runs without the interpreter's lock.

    Args:
        function: What to compile; left out where the decorator is given options.
        error_model: What a division by zero does: "python" raises ZeroDivisionError, "numpy" gives inf or nan.
    """
    if function is None:
        return lambda decorated: Kernel(decorated, error_model)  # type: ignore[arg-type]  # a `def` makes a FunctionType
    return Kernel(function, error_model)  # type: ignore[arg-type]


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
