"""The rules of ARCHITECTURE.md that a reader of the code relies on, checked on the syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MAY_IMPORT = {
    "lake": set(),
    "imaging": {"lake"},
    "taxonomy": {"lake"},
    "evaluation": {"lake", "imaging", "taxonomy"},
    "training": {"lake", "imaging", "taxonomy"},
    "jobs": {"lake", "imaging", "taxonomy", "evaluation"},
    "demo": {"lake", "imaging"},
    "serving": {"lake", "imaging", "taxonomy"},
    "stages": {"lake", "imaging", "taxonomy", "evaluation", "training", "jobs"},
    "flows": {"lake", "imaging", "taxonomy", "evaluation", "training", "jobs", "stages"},
    "centrepiece": {"lake", "imaging", "taxonomy", "evaluation", "training", "jobs", "stages", "flows", "serving", "demo"},
}
ENGINE_HOMES = {"pyspark": "jobs.spark", "torch": "training", "lightning": "training", "prefect": "flows"}
HEAVY = {
    *("pyspark", "torch", "lightning", "onnx", "onnxruntime", "onnxscript", "prefect", "great_expectations"),
    *("duckdb", "numba", "llvmlite", "scipy", "cv2", "pyiceberg", "pyarrow", "sqlalchemy", "boto3", "botocore"),
}
"""What is slow to import: a function may import what loads one of these, so that only who needs it pays for it."""
STAGE_TABLE = "stages.table"
PUBLIC_FACE = "centrepiece"
"""The one package whose `__init__.py` holds more than a docstring."""
IMPORT_WHEN_CALLED = {PUBLIC_FACE, "centrepiece.__main__", "centrepiece.cli.commands.new_pipelines"}
"""The public face and the commands' help are to cost nothing, and the entry looks where our packages come from before it imports any."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "misc"}
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "." * node.level, node.lineno)


def top_level_imports(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports when it is imported itself: `from a import b` may mean the module `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (name for alias in node.names for name in (node.module or "", f"{node.module}.{alias.name}"))
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (name for branch in node.orelse for name in top_level_imports(branch))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from top_level_imports(node)


def heavy_modules() -> set[str]:
    """Return our modules that load one of `HEAVY`, however indirectly, when they are imported."""
    graph = {name_of(path): set(top_level_imports(ast.parse(path.read_text(encoding="utf-8")))) for path in MODULES}
    heavy = {module for module, targets in graph.items() if any(target.split(".")[0] in HEAVY for target in targets)}
    while more := {module for module, targets in graph.items() if module not in heavy and targets & heavy}:
        heavy |= more
    return heavy


HEAVY_MODULES = heavy_modules()


def test_there_are_modules_to_check() -> None:
    present = {path.relative_to(ROOT).parts[0] for path in MODULES}
    assert present >= set(MAY_IMPORT) - {"serving"}


def test_packages_import_only_what_their_layer_allows() -> None:
    faults = []
    for path in MODULES:
        package = path.relative_to(ROOT).parts[0]
        for target, line in imports_of(path):
            top = target.split(".")[0]
            if top in MAY_IMPORT and top != package and top not in MAY_IMPORT[package]:
                faults.append(f"{name_of(path)}:{line} imports {target}")
            if top in {"tests", "benchmarks"}:
                faults.append(f"{name_of(path)}:{line} imports {target}")
    assert not faults, faults


def test_each_engine_stays_in_its_home() -> None:
    faults = []
    for path in MODULES:
        for target, line in imports_of(path):
            home = ENGINE_HOMES.get(target.split(".")[0])
            if home is not None and not f"{name_of(path)}.".startswith(f"{home}."):
                faults.append(f"{name_of(path)}:{line} imports {target}, whose home is {home}")
    assert not faults, faults


def test_there_are_no_import_cycles() -> None:
    known = {name_of(path) for path in MODULES}
    graph = {
        name_of(path): {target for target, _ in imports_of(path) if target in known and target != name_of(path)}
        for path in MODULES
        if path.name != "__init__.py"
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"cycle: {' -> '.join((*trail[trail.index(module) :], module))}"
        if module not in done:
            for target in graph.get(module, ()):
                visit(target, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module starts with a docstring"
    assert path.stem not in FORBIDDEN_NAMES, "a module is named for a noun or verb of the field"
    if path.name == "__init__.py" and name_of(path) != PUBLIC_FACE:
        assert len(tree.body) == 1, "an __init__.py is a docstring only"
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: library code raises, it does not assert"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"line {node.lineno}: only centrepiece/cli/terminal.py writes to the terminal"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name_of(path) not in IMPORT_WHEN_CALLED:
            for child in ast.walk(node):
                if isinstance(child, ast.Import | ast.ImportFrom):
                    assert _is_heavy(child), (
                        f"line {child.lineno}: imports stand at the top of the module, unless they load a heavy library"
                    )


def _is_heavy(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        modules = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        return any(module in HEAVY_MODULES or module.split(".")[0] in HEAVY for module in modules)
    return all(alias.name in HEAVY_MODULES or alias.name.split(".")[0] in HEAVY for alias in node.names)


def test_heavy_modules_are_found_however_indirectly_they_load_an_engine() -> None:
    assert {"flows.nightly", "lake.lake", "lake.contracts", "evaluation.gate.registry", "stages.runner"} <= HEAVY_MODULES
    assert not {"centrepiece.cli.app", "centrepiece.packages", "lake.errors", "lake.strict_yaml"} & HEAVY_MODULES


def test_modules_are_not_imported_by_strings() -> None:
    faults = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            imported = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else {called}
            if imported & {"resolve_name", "import_module", "__import__"} and name_of(path) != STAGE_TABLE:
                faults.append(f"{name_of(path)}:{getattr(node, 'lineno', 0)}")
    assert not faults, f"only the stage table names modules by strings: {faults}"


def test_every_package_is_listed_for_installation() -> None:
    listed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = {name_of(path) for path in MODULES if path.name == "__init__.py"}
    missing = sorted(package for package in packages if f'"{package}",' not in listed)
    assert not missing, f"add to [tool.setuptools] packages: {missing}"


def test_every_package_has_an_init() -> None:
    missing = sorted({str(path.parent.relative_to(ROOT)) for path in MODULES if not (path.parent / "__init__.py").exists()})
    assert not missing, missing
