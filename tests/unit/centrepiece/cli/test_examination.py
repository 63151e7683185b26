"""The doctor compares what is installed with what the distribution declares; nothing is typed twice."""

import importlib.metadata

from centrepiece.cli.examination import examine_packages


def test_a_version_beyond_a_declared_cap_is_a_fault_with_its_mend() -> None:
    installed = importlib.metadata.version("fastapi")
    (finding,) = examine_packages([f'fastapi>=0.1,<{installed}; extra == "flows"', "numpy>=2"])
    assert (finding.level, finding.what) == ("fault", "fastapi")
    assert f"fastapi {installed} does not work with centrepiece" in finding.message
    assert finding.mend == f"pip install 'fastapi<{installed},>=0.1'"


def test_what_is_not_installed_is_no_fault() -> None:
    assert list(examine_packages(["a-package-of-no-index>=1"])) == []


def test_what_is_declared_is_what_is_installed_here() -> None:
    declared = importlib.metadata.requires("centrepiece")
    assert declared and list(examine_packages(declared)) == []
