"""Files of an export are read within its folder and its limits."""

import os
from pathlib import Path

import pytest

from jobs.sources.files.exports import open_export
from jobs.sources.files.folders import Folder
from jobs.sources.files.paths import HostilePathError
from lake.errors import InputError


def test_a_folder_lists_its_files_of_any_depth_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a/c.JSON", "a/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    folder = Folder(str(tmp_path))
    assert [entry.path for entry in folder.entries(".json")] == ["a/c.JSON", "b.json"]
    assert len(folder.entries()) == 3


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    inside = tmp_path / "export"
    inside.mkdir()
    (inside / "a.jpg").symlink_to(tmp_path / "secret")
    with pytest.raises(HostilePathError, match="leads out"):
        Folder(str(inside)).read("a.jpg")


def test_a_pipe_is_no_file_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(FileNotFoundError):
        Folder(str(tmp_path)).read("a.jpg")


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert Folder(str(tmp_path)).read("a", limit=5) == b"12345"
    with pytest.raises(InputError, match="at most 4"):
        Folder(str(tmp_path)).read("a", limit=4)


def test_a_folder_below_which_a_name_is_a_file_is_simply_missing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    assert Folder(str(tmp_path)).entry("a/b") is None


def test_an_export_says_what_of_its_stanza_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="correct the source's `annotations`"):
        open_export(str(tmp_path / "none.json"))
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputError, match="correct the source's `images`"):
        open_export(str(tmp_path / "a.json"), str(tmp_path / "images"))


def test_images_lie_beside_their_document_unless_the_source_says_where(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    assert open_export(str(tmp_path)).image_path("train/a.json", "1.jpg") == "train/1.jpg"
    assert open_export(str(tmp_path), str(tmp_path / "images")).image_path("train/a.json", "1.jpg") == "1.jpg"
