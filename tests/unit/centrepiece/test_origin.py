"""A user's folder that is called like one of our packages is told, instead of being run in its place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from centrepiece.origin import INSTALLED_IN, shadowing_fault


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"} | {"PYTHONPATH": str(INSTALLED_IN)}
    command = [sys.executable, "-m", "centrepiece", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_all_packages_are_our_own_here() -> None:
    assert shadowing_fault() is None


def test_packages_of_another_folder_are_a_fault(tmp_path: Path) -> None:
    fault = shadowing_fault(tmp_path)
    assert fault is not None and f"import 'centrepiece' from {INSTALLED_IN}/centrepiece instead of centrepiece's own in {tmp_path}" in fault


@pytest.mark.parametrize("package", ["jobs", "lake"])
def test_the_command_refuses_to_run_a_users_package_of_the_same_name(tmp_path: Path, package: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise SystemExit('it was imported')\n")
    ended = start(tmp_path, "--help")
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert line == (
        f"error: Python would import {package!r} from {tmp_path}/{package} instead of centrepiece's own in {INSTALLED_IN}; start "
        f"`centrepiece` rather than `python -m centrepiece`, start in another folder, or take {tmp_path} off PYTHONPATH"
    )


def test_a_users_module_of_the_same_name_is_told_as_well(tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text("")
    ended = start(tmp_path, "--help")
    assert ended.returncode == 2 and f"import 'demo' from {tmp_path}/demo.py" in ended.stderr


def test_elsewhere_the_module_is_the_command(tmp_path: Path) -> None:
    ended = start(tmp_path, "--help")
    assert ended.returncode == 0 and "python -m centrepiece" in ended.stdout and "promote" in ended.stdout
