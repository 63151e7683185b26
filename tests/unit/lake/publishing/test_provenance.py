"""What made something is told by the commit of the code, and a tree that differs from it says so."""

import subprocess
from pathlib import Path

import pytest

from lake.publishing import provenance
from lake.publishing.provenance import checkout_commit, code_commit


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("one = 1\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path


def test_a_clean_checkout_is_its_commit_whatever_else_lies_in_it(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("untracked")
    assert checkout_commit(checkout) == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("staged", [False, True])
def test_a_changed_tree_is_dirty(checkout: Path, staged: bool) -> None:
    (checkout / "code.py").write_text("two = 2\n")
    if staged:
        git(checkout, "add", "code.py")
    assert checkout_commit(checkout) == f"{git(checkout, 'rev-parse', 'HEAD')}+dirty"


def test_packed_references_detached_heads_and_worktrees_are_read(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    git(checkout, "pack-refs", "--all")
    assert checkout_commit(checkout) == head
    worktree = tmp_path_factory.mktemp("worktree") / "tree"
    git(checkout, "worktree", "add", "--quiet", "-b", "other", str(worktree))
    assert checkout_commit(worktree) == head
    git(checkout, "checkout", "--quiet", "--detach")
    assert checkout_commit(checkout) == head


def test_without_the_program_git_a_checkout_still_tells_its_commit(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "code.py").write_text("two = 2\n")
    monkeypatch.setenv("PATH", "")
    assert checkout_commit(checkout) == head


def test_outside_of_a_checkout_the_installed_version_stands_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkout_commit(tmp_path) is None
    monkeypatch.delenv("CENTREPIECE_COMMIT", raising=False)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "lake" / "publishing" / "provenance.py"))
    monkeypatch.setattr(provenance.importlib.metadata, "version", {"centrepiece": "0.2.0"}.__getitem__)
    assert code_commit.__wrapped__() == "0.2.0"


def test_what_the_environment_says_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTREPIECE_COMMIT", "abc")
    assert code_commit.__wrapped__() == "abc"
