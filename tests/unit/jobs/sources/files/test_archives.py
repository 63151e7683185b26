"""Archives are unpacked within limits, all or nothing, and never outside the store."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jobs.sources.files.archives import Limits, unpack
from jobs.sources.files.folders import Folder
from lake.errors import InputError
from lake.storage.store import Store


def zipped(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return path


def tarred(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def opened(path: Path, tmp_path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    store = Store(str(tmp_path / "store"))
    folder = Folder(unpack(Folder(str(path.parent)).mapped(path.name), path.name, store, limits))
    assert folder.root.startswith(store.root)
    return {entry.path: folder.read(entry.path) for entry in folder.entries()}


FILES = {"a.json": b"{}", "images/b.jpg": bytes(range(256)) * 40, "empty": b""}


def test_what_was_packed_comes_out(tmp_path: Path) -> None:
    assert opened(zipped(tmp_path / "x.zip", FILES), tmp_path) == FILES
    assert opened(tarred(tmp_path / "x.tar.gz", FILES), tmp_path) == FILES
    assert opened(tarred(tmp_path / "x.tar", FILES, "w"), tmp_path) == FILES


def test_an_archive_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "x.zip", FILES)
    opened(path, tmp_path)
    monkeypatch.setattr(Store, "open_many", None)
    assert opened(path, tmp_path) == FILES


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "C:\\a", "a\nb"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_that_would_leave_the_folder_makes_the_archive_hostile(tmp_path: Path, name: str, pack: object) -> None:
    path = pack(tmp_path / ("x.zip" if pack is zipped else "x.tar.gz"), {"fine": b"1", name: b"2"})  # type: ignore[operator]
    with pytest.raises(InputError, match="nothing of it was read"):
        opened(path, tmp_path)
    assert not [found for found in tmp_path.rglob("*") if found.name in ("a", "b", "passwd")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        member = tarfile.TarInfo("a")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(InputError, match="link or a device"):
        opened(tmp_path / "x.tar", tmp_path)
    info = zipfile.ZipInfo("a")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zip_archive:
        zip_archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="link or a device"):
        opened(tmp_path / "x.zip", tmp_path)


def test_members_beyond_the_limits_are_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "x.zip", {"0": b"small", "a": bytes(3_000_000)})
    with pytest.raises(InputError, match="than its limits allow"):
        opened(bomb, tmp_path, Limits(free_bytes=1_000_000))
    with pytest.raises(InputError, match="than its limits allow"):
        opened(bomb, tmp_path, Limits(member_bytes=2_000_000))
    with pytest.raises(InputError, match="members"):
        opened(zipped(tmp_path / "y.zip", FILES), tmp_path, Limits(members=2))
    with pytest.raises(InputError, match="members"):
        opened(tarred(tmp_path / "y.tar.gz", FILES), tmp_path, Limits(members=2))
    assert Store(str(tmp_path / "store")).list() == ()


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    with pytest.raises(InputError, match="twice"):
        opened(tmp_path / "x.zip", tmp_path)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_broken_archive_is_refused_wherever_it_is_broken(tmp_path: Path, pack: object) -> None:
    content = np.random.default_rng(0).bytes(20_000)
    path = pack(tmp_path / ("x.zip" if pack is zipped else "x.tar.gz"), {"a": content})  # type: ignore[operator]
    data = path.read_bytes()
    for length in (3, len(data) // 2, len(data) - 40):
        path.write_bytes(data[:length])
        with pytest.raises(InputError):
            opened(path, tmp_path)


def test_a_member_costs_no_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    for name in ("fsync", "sync"):
        monkeypatch.setattr(os, name, lambda *_: waits.append(1))
    files = {f"images/{number}.png": b"" for number in range(300)}
    for path in (zipped(tmp_path / "x.zip", files), tarred(tmp_path / "x.tar", files, "w")):
        assert opened(path, tmp_path) == files
    assert len(waits) <= 8, "as many waits as archives, not as members"
