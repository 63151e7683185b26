"""Which options a JVM gets for its class-data archive."""

import atexit
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.spark.class_archive import sharing_options


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(atexit, "register", lambda *_: None)
    return tmp_path / "centrepiece"


def archive_of(options: str, option: str) -> Path:
    found = next(word for word in options.split() if word.startswith(f"-XX:{option}="))
    return Path(found.partition("=")[2])


def test_the_first_jvm_writes_the_archive_under_another_name_and_later_ones_use_it(cache: Path) -> None:
    writing = archive_of(sharing_options("-Xfirst"), "ArchiveClassesAtExit")
    assert writing.parent == cache and writing.suffix != ".jsa"
    writing.with_suffix("").touch()
    assert archive_of(sharing_options("-Xfirst"), "SharedArchiveFile") == writing.with_suffix("")


def test_other_options_have_another_archive(cache: Path) -> None:
    names = {archive_of(sharing_options(flags), "ArchiveClassesAtExit").name for flags in ("-Xfirst", "-Xsecond")}
    assert len(names) == 2


def test_a_new_archive_takes_the_place_of_the_oldest(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[Callable[..., None], Path, Path]] = []
    monkeypatch.setattr(atexit, "register", lambda *call: kept.append(call))
    for age, name in enumerate(("spark-a.jsa", "spark-b.jsa", "spark-c.jsa.77", "spark-d.jsa"), start=1):
        cache.mkdir(exist_ok=True)
        (cache / name).touch()
        os.utime(cache / name, (0, 1_000_000 - age))
    archive_of(sharing_options("-Xnew"), "ArchiveClassesAtExit").touch()
    ((keep, writing, archive),) = kept
    keep(writing, archive)
    assert {file.name for file in cache.iterdir()} == {archive.name, "spark-a.jsa", "spark-b.jsa"}


@pytest.mark.parametrize("place", ["taken", "with space"])
def test_where_none_can_lie_the_jvm_starts_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / place))
    assert sharing_options("") == ""
