"""A numeric Python function in, its compiled form out: machine code made on the first call and kept on disk.

numba is a dependency rather than an option: it has wheels wherever torch has, and no install needs a compiler. The
first call on a machine compiles (seconds); later processes load the code (milliseconds). Where no folder can be
written to, nor `NUMBA_CACHE_DIR` is set, each process compiles for itself.
"""

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers and numpy arrays; it runs without the interpreter's lock."""
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to keep the machine code in
        compiled = numba.njit(nogil=True)(function)
    return compiled
