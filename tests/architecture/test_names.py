"""No public name stands for two things in the library."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.test_layers import MODULES, name_of

READERS = "jobs.sources.formats."
OF_A_READER = {"units", "images", "objects", "files", "READER"}
"""What every reader of a format defines: the members of one contract, which its registry looks up."""


def public_names(source: str) -> Iterator[str]:
    """Yield the functions, classes and constants that a module defines at its top."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def is_excused(module: str, name: str) -> bool:
    return module.startswith(READERS) and name in OF_A_READER


def test_every_kind_of_public_name_is_seen() -> None:
    assert list(public_names("A, B = 1, 2\nC: int = 3\n_D = 4\ndef f(): ...\nclass E: ...")) == ["A", "B", "C", "f", "E"]


def test_no_public_name_is_defined_twice() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        for name in public_names(path.read_text(encoding="utf-8")):
            if not is_excused(name_of(path), name):
                homes[name].add(name_of(path))
    twice = {name: sorted(modules) for name, modules in homes.items() if len(modules) > 1}
    assert not twice, twice
