"""Compiled functions go through `imaging.kernels.kernel`, which also works where machine code cannot be kept."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.test_layers import MODULES, name_of

HOME = "imaging.kernels"
COMPILERS = {"jit", "njit", "cfunc", "vectorize", "guvectorize", "stencil", "jit_module"}


def compilers_in(source: str) -> Iterator[str]:
    """Yield what of numba's compilers a module imports or reaches as an attribute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba":
            yield from (alias.name for alias in node.names if alias.name in COMPILERS)
        elif isinstance(node, ast.Attribute) and node.attr in COMPILERS:
            yield node.attr


@pytest.mark.parametrize("source", ["from numba import njit", "import numba as nb\nf = nb.njit(g)", "@numba.jit\ndef f(): ..."])
def test_a_compiler_of_numba_is_found_in_every_spelling(source: str) -> None:
    assert list(compilers_in(source))


def test_functions_are_compiled_by_kernel_alone() -> None:
    found = {name_of(path): list(compilers_in(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert found.pop(HOME), "the home of the kernels compiles by numba"
    assert not {module: names for module, names in found.items() if names}
