"""A source whose files are as they were is not read; whatever changes among them is noticed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.ingest.source_state import SETTLED_NS, SourceState, files_of, keep_state, known_inputs, settings_of
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder
from lake.storage.store import Store
from lake.withdrawals import NOTHING_WITHDRAWN, Withdrawn
from tests.support.plain_ingest import source_of

INPUTS = {"documents": "d", "images": "i", "files": "f"}


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """An export of a document and two images, settled."""
    for path in ("labels/a.json", "labels/b.txt", "images/deep/a.png", "images/b.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    time.sleep(SETTLED_NS / 1e9)
    return Export(Folder(str(tmp_path / "labels")), None, Folder(str(tmp_path / "images")))


CHANGES: dict[str, Callable[[Path], object]] = {
    "written again, as long as before": lambda folder: (folder / "images/b.png").write_text("images/c.png"),
    "another length, the old time": lambda folder: _in_silence(folder / "labels/b.txt", "b"),
    "added": lambda folder: (folder / "labels/new.txt").write_text(""),
    "removed": lambda folder: (folder / "images/deep/a.png").unlink(),
    "renamed": lambda folder: (folder / "images/b.png").rename(folder / "images/c.png"),
    "moved to the other folder": lambda folder: (folder / "images/b.png").rename(folder / "labels/b.png"),
    "a document alone": lambda folder: _in_silence(folder / "labels/a.json", "labels/b.json"),
}


def _in_silence(path: Path, text: str) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def known(export: Export, store: Store, files: str | None, **told: object) -> object:
    source = source_of("s", format="labelme", annotations=export.annotations.root)
    settings = settings_of(source, export, store, hashed=True, withdrawn=NOTHING_WITHDRAWN)
    return known_inputs(store, source, export, str(told.get("settings", settings)), files)


def keep(export: Export, store: Store, files: str, documents: dict[str, str] | None = None) -> None:
    source = source_of("s", format="labelme", annotations=export.annotations.root)
    settings = settings_of(source, export, store, hashed=True, withdrawn=NOTHING_WITHDRAWN)
    keep_state(store, source, SourceState(settings, files, documents or {}, INPUTS))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_the_folders_is_noticed(export: Export, tmp_path: Path, change: Callable[[Path], object]) -> None:
    store, files = Store(str(tmp_path / "store")), files_of(export)
    assert files is not None and known(export, store, files) is None
    keep(export, store, files)
    assert known(export, store, files_of(export)) == INPUTS
    change(tmp_path)
    time.sleep(SETTLED_NS / 1e9)
    assert files_of(export) not in (None, files) and known(export, store, files_of(export)) is None


def test_what_may_change_unseen_is_not_believed(export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images/new.png").write_text("just now")
    assert files_of(export) is None
    time.sleep(SETTLED_NS / 1e9)
    assert files_of(export) is not None
    (tmp_path / "images/deep/link").symlink_to(tmp_path / "images/b.png")
    time.sleep(SETTLED_NS / 1e9)
    assert files_of(export) is None
    (tmp_path / "images/deep/link").unlink()
    monkeypatch.setattr("jobs.ingest.source_state.MOST_LISTED", 4)
    assert files_of(export) is None


def test_a_document_of_other_bytes_is_noticed_whatever_its_time_says(export: Export, tmp_path: Path) -> None:
    store, files = Store(str(tmp_path / "store")), files_of(export)
    assert files is not None
    for documents in ({"a.json": "0" * 64}, {"gone.json": "0" * 64}):
        keep(export, store, files, documents)
        assert known(export, store, files) is None


def test_other_settings_and_what_was_withdrawn_since_are_noticed(export: Export, tmp_path: Path) -> None:
    store, source = Store(str(tmp_path / "store")), source_of("s", format="labelme", annotations=export.annotations.root)
    told = [
        settings_of(source, export, store, hashed=True, withdrawn=NOTHING_WITHDRAWN),
        settings_of(source, export, store, hashed=False, withdrawn=NOTHING_WITHDRAWN),
        settings_of(source, export, store, hashed=True, withdrawn=Withdrawn(images=frozenset({"a"}))),
        settings_of(source.model_copy(update={"corrupt_images": "keep"}), export, store, hashed=True, withdrawn=NOTHING_WITHDRAWN),
    ]
    assert len(set(told)) == len(told)
    keep(export, store, str(files_of(export)))
    assert [known(export, store, files_of(export), settings=settings) is None for settings in told] == [False, True, True, True]


def test_a_damaged_state_is_none_and_one_with_an_address_in_it_is_not_kept(export: Export, tmp_path: Path) -> None:
    store, files = Store(str(tmp_path / "store")), files_of(export)
    assert files is not None
    keep(export, store, files, {"jo@example.com.json": "0" * 64})
    assert not store.list()
    keep(export, store, files)
    (path,) = (tmp_path / "store").rglob("s.json")
    whole = path.read_bytes()
    for damaged in (whole[:-9], whole.replace(b"settings", b"settingz"), b"[]", b""):
        path.write_bytes(damaged)
        assert known(export, store, files) is None
