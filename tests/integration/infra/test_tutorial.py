"""The commands, settings and code of the tutorial and of the guides work as their pages have them."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import TypeAdapter
from typer.testing import CliRunner, Result

from centrepiece.cli.app import app
from evaluation.gate.gates import Gates
from infra.docs.root_pages import ROOT
from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.pipeline_file import load_pipeline
from stages.runner import run_stage
from tests.support.factories import tiny_demo

TUTORIAL = ROOT / "docs" / "tutorial.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXPENSIVE = {"run", "report"}
"""Commands of the tutorial that `tests/e2e` runs: they train, or draw a page of what was trained."""


def fences(page: Path, language: str) -> list[str]:
    """The code of a page in one language, without the indentation of the list that it stands in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return ["\n".join(line.removeprefix(indent) for line in code.splitlines()) for indent, code in found]


def commands(page: Path) -> list[list[str]]:
    """The arguments of every call of `centrepiece` on a page."""
    lines = [line for code in fences(page, "sh") for line in code.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("centrepiece ")]


def invoke(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the tutorial begins: a COCO file and its images, and nothing else; it is the present folder."""
    world = tmp_path_factory.mktemp("world")
    source = load_pipeline(tiny_demo(world, images=30)).sources[0]
    folder = tmp_path_factory.mktemp("tutorial")
    shutil.copy(source.annotations, folder / "annotations.json")
    shutil.copytree(str(source.images), folder / "images")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, list[Result]]:
    """What each command of the tutorial said, in their order, with the stages of `run` up to the crops done in this process."""
    said: dict[str, list[Result]] = {}
    for arguments in commands(TUTORIAL):
        if arguments[0] == "run":
            pipeline = load_pipeline(folder / arguments[1])
            for stage in ("ingest", "label", "balance", "crop"):
                run_stage(stage, pipeline, workers=InProcess())
        if arguments[0] not in EXPENSIVE and "models" not in arguments[-1]:
            said.setdefault(arguments[0], []).append(invoke(arguments))
    return said


def test_the_cheap_commands_of_the_tutorial_succeed(told: dict[str, list[Result]]) -> None:
    assert told.keys() == {"detect", "init", "doctor", "sql", "judge"}
    assert [(name, result.exit_code) for name, results in told.items() for result in results if result.exit_code] == []


def test_the_tutorial_shows_what_it_promises(told: dict[str, list[Result]], folder: Path) -> None:
    (stanza,) = yaml.safe_load(told["detect"][0].stdout)
    assert stanza["format"] == "coco"
    table = re.findall(r"^\| `(my-pipeline/[^`]+)` \|", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(table) == 4
    assert all((folder / path).exists() for path in table)
    rejects, labels = told["sql"]
    assert "reason" in rejects.stdout
    assert labels.stdout.splitlines()[0].replace('"', "") == "label,objects"
    assert len(labels.stdout.splitlines()) > 2


def test_the_code_of_the_notebook_page_runs(told: dict[str, list[Result]], folder: Path) -> None:
    names: dict[str, Any] = {}
    for code in fences(ROOT / "docs" / "how-to" / "notebook.md", "python"):
        exec(code, names)
    assert names["crop"].pixels.shape[:2] == names["crop"].mask.shape
    assert names["batch"].num_rows > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_one(page: Path) -> None:
    for arguments in commands(page):
        command: Any = typer.main.get_command(app)
        rest = list(arguments)
        while hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        command.make_context("centrepiece", rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_of_a_page_is_valid(page: Path) -> None:
    for code in fences(page, "yaml"):
        document = yaml.safe_load(code)
        if isinstance(document, dict) and "rules" in document:
            Gates.model_validate(document)
        elif isinstance(document, dict) and document.keys() <= Pipeline.model_fields.keys():
            for key, value in document.items():
                TypeAdapter(Pipeline.model_fields[key].annotation).validate_python(value)


def test_pages_show_commands_and_settings_at_all() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 30
    assert sum(len(fences(page, "yaml")) for page in PAGES) > 15
