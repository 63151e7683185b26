"""What ends a command is one line on stderr and an exit code, never a trace."""

import sys
from pathlib import Path

import pytest

from centrepiece.cli.app import main


def test_what_the_system_refuses_a_command_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "argv", ["centrepiece", "demo", f"{tmp_path}/file/world", "--write-only"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: [Errno 20] Not a directory: ") and "/file/world'" in line
