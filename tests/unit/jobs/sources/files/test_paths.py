"""Names of an export never choose a place on the disk."""

import pytest

from jobs.sources.files.paths import HostilePathError, safe_path


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.jpg", "a.jpg"),
        ("batch_1/000006.jpg", "batch_1/000006.jpg"),
        ("./a//b.png", "a/b.png"),
        ("train\\a.jpg", "train/a.jpg"),
        ("..a.jpg", "..a.jpg"),
        ("photo: 1.jpg".replace(":", "-"), "photo- 1.jpg"),
    ],
)
def test_an_ordinary_name_becomes_a_clean_relative_path(name: str, clean: str) -> None:
    assert safe_path(name) == clean


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "a/../../b.jpg",
        "..\\..\\a.jpg",
        "/etc/passwd",
        "\\\\host\\share\\a.jpg",
        "C:\\a.jpg",
        "file:///etc/passwd",
        "a\0.jpg",
        "a\n.jpg",
        "",
        "   ",
        ".",
        "a" * 2000,
        None,
        17,
        ["a.jpg"],
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(name: object) -> None:
    with pytest.raises(HostilePathError):
        safe_path(name)
