"""Java is looked for before anything else."""

from pathlib import Path

import pytest

from jobs.spark.java import java_version, require_java
from lake.errors import ConfigurationError


def write_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-04-16' >&2\n")
    java.chmod(0o755)
    return folder


def test_a_machine_without_java_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java_version() is None


def test_java_home_wins_over_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(write_java(tmp_path / "jdk", "21.0.3")))
    assert java_version() == 21


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("11.0.2", 11), ("22", 22)])
def test_the_major_version_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, major: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(write_java(tmp_path, version)))
    assert java_version() == major


def test_an_installation_that_names_its_version_need_not_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(write_java(tmp_path, "11.0.2")))
    for said, major in (('IMPLEMENTOR="A"\nJAVA_RUNTIME_VERSION="9"\nJAVA_VERSION="21.0.1"\n', 21), ("nothing of use", 11)):
        (tmp_path / "release").write_text(said)
        assert java_version() == major


def test_the_message_holds_the_line_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(write_java(tmp_path, "11.0.2")))
    with pytest.raises(ConfigurationError, match=r"found 11.*apt-get install .*openjdk-17"):
        require_java()


def test_a_new_java_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(write_java(tmp_path, "17.0.1")))
    require_java()
