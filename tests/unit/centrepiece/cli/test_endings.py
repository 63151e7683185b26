"""What ends a command is one line on stderr and an exit code, never a trace."""

import logging
import sys
from pathlib import Path

import pytest
from rich.logging import RichHandler

from centrepiece.cli.app import run_command_line
from centrepiece.cli.environment import DEFAULTS, TELEMETRY_OFF
from centrepiece.cli.run import PlainRecords
from centrepiece.cli.terminal import LineWithoutSecrets, show_crash, show_error, stderr_console
from tests.support.factories import tiny_demo


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command sets up for its process is taken back after the test."""
    for name, value in {**DEFAULTS, **TELEMETRY_OFF}.items():
        monkeypatch.setenv(name, value)


def ending(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    monkeypatch.setattr(sys, "argv", ["centrepiece", *arguments])
    with pytest.raises(SystemExit) as ended:
        run_command_line()
    (line,) = capfd.readouterr().err.splitlines()
    return ended.value.code, line


def test_what_the_system_refuses_a_command_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    code, line = ending(monkeypatch, capfd, "demo", f"{tmp_path}/file/world", "--write-only")
    assert code == 2
    assert line.startswith("error: [Errno 20] Not a directory: ") and "/file/world'" in line


def test_a_missing_extra_is_one_line_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "prefect", None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, "flows.nightly", raising=False)
    code, line = ending(monkeypatch, capfd, "run", str(tiny_demo(tmp_path, images=3)))
    assert code == 2
    assert line == "error: this command needs 'prefect': pip install 'centrepiece[flows]'"


def test_any_other_error_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    for module in ("lake.pipeline_file", "lake.strict_yaml"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "argv", ["centrepiece", "rollback", str(tmp_path / "pipeline.yaml")])
    with pytest.raises(ModuleNotFoundError, match="yaml"):
        run_command_line()


def test_no_ending_holds_a_password_or_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    said = "postgresql+psycopg://me:p@ss/word@host/db and /v1/config?token=p@ss/word"
    error = KeyError(said)
    show_error(said)
    show_crash(KeyError, error, None)
    for handler in (logging.StreamHandler(sys.stderr), RichHandler(console=stderr_console)):
        handler.setFormatter(LineWithoutSecrets("%(message)s"))
        handler.handle(logging.LogRecord("lake", logging.ERROR, "", 0, "%s", (said,), (KeyError, error, None)))
    record = logging.LogRecord("prefect.task_runs", logging.ERROR, "", 0, "failed: %s", (said,), (KeyError, error, None))
    assert PlainRecords().filter(record)
    written = record.getMessage() + capsys.readouterr().err
    assert "word" not in written
    assert written.count("***") >= 10
