"""What the code imports is what pyproject.toml declares: a package that is there by chance is missing at the next user's."""

import importlib.metadata
import re
import sys
import tomllib

import pytest

from centrepiece.packages import PACKAGES
from lake.extras import EXTRA_OF
from tests.architecture.test_layers import MAY_IMPORT, MODULES, ROOT, imports_of

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
MYPY = SETTINGS["tool"]["mypy"]
EXTRAS_OF = {
    "jobs": ("spark", "quality"),
    "training": ("train",),
    "serving": ("serve",),
    "flows": ("flows",),
}
"""What a package needs beside the base; a stage or command loads what it needs when it runs."""


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {normalised(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in lines}  # type: ignore[index]


def test_what_mypy_does_not_check_stands_alone() -> None:
    for pattern in MYPY["exclude"]:
        paths = [path for path in (ROOT / "benchmarks").glob("*.py") if re.search(pattern, path.relative_to(ROOT).as_posix())]
        assert len(paths) == 1, f"{pattern!r} is of no module, or of several"
        ours = [target for target, _ in imports_of(paths[0]) if target.split(".")[0] in {*MAY_IMPORT, "benchmarks", "tests"}]
        assert not ours, f"{paths[0]} imports {ours}, so mypy must check it"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_imported_distribution_is_declared(package: str) -> None:
    distributions = importlib.metadata.packages_distributions()
    known = declared(*EXTRAS_OF.get(package, ()))
    faults = set()
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] != package:
            continue
        for target, line in imports_of(path):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top in MAY_IMPORT:
                continue
            owners = {normalised(name) for name in distributions.get(top, [top])}
            if not owners & known:
                faults.add(f"{path.relative_to(ROOT)}:{line} imports {top} of {sorted(owners)}")
    assert not faults, sorted(faults)


def test_the_extra_that_a_message_names_brings_the_package() -> None:
    distributions = importlib.metadata.packages_distributions()
    base = declared()
    for package, extra in EXTRA_OF.items():
        owners = {normalised(name) for name in distributions.get(package, [package])}
        assert owners & declared(extra), f"{package} is not of extra {extra!r}"
        assert not owners & base, f"{package} is of the base"


def test_every_optional_package_that_is_imported_has_a_message() -> None:
    imported = {target.split(".")[0] for path in MODULES for target, _ in imports_of(path)}
    distributions = importlib.metadata.packages_distributions()
    base = declared()
    ours = {*sys.stdlib_module_names, *MAY_IMPORT}
    optional = {top for top in imported - ours if not {normalised(name) for name in distributions.get(top, [top])} & base}
    assert optional <= EXTRA_OF.keys()


def test_all_is_every_extra_but_the_developers() -> None:
    extras = PROJECT["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(re.findall(r"[a-z]+", everything.removeprefix("centrepiece"))) == extras.keys() - {"all", "dev"}


def test_the_list_of_our_packages_is_the_same_everywhere() -> None:
    tools = SETTINGS["tool"]
    ours = set(PACKAGES)
    assert len(ours) == len(PACKAGES)
    assert {package.split(".")[0] for package in tools["setuptools"]["packages"]} == ours
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == ours
    assert set(MYPY["packages"]) == ours | {"benchmarks", "infra"}
    assert set(tools["ruff"]["lint"]["isort"]["known-first-party"]) == ours | {"benchmarks", "infra", "serving", "tests"}
    assert MAY_IMPORT.keys() == ours | {"serving"}


def test_every_dependency_states_its_licence_or_stands_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in sorted(declared(*PROJECT["optional-dependencies"].keys() - {"all"})):
        told = importlib.metadata.metadata(name)
        classified = any(line.startswith("License ::") for line in told.get_all("Classifier") or ())
        stated = told.get("License-Expression") or told.get("License") or classified
        assert stated or re.search(rf"^{name} ", notice, re.MULTILINE), f"{name} states no licence: find it out and write it into NOTICE"
