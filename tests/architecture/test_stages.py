"""The stages: a file each, read at one glance, found by the one table of names, each with a version of its own code."""

import ast
import dataclasses
from pathlib import Path

import pytest

import stages
from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from stages.runner import run_stage
from stages.stage import Stage
from stages.table import STAGES, stage_named

MACHINERY = {"__init__", "redo", "runner", "stage", "table"}
FILES = sorted(path for path in Path(stages.__file__).parent.glob("*.py") if path.stem not in MACHINERY)


def test_an_unknown_stage_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no stage 'crops'; stages are ingest, label"):
        run_stage("crops", Pipeline.model_construct())


def test_an_argument_that_a_stage_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stage 'label' takes \['as_of'\], got \['model'\]"):
        run_stage("label", Pipeline.model_construct(), model="x")


@pytest.mark.parametrize("name", STAGES)
def test_every_name_leads_to_its_stage_with_a_code_version(name: str) -> None:
    stage = stage_named(name)
    assert isinstance(stage, Stage)
    assert stage.name == name
    assert isinstance(stage.version, int) and stage.version >= 1


def test_the_table_holds_exactly_the_stages_that_are_declared_one_a_file() -> None:
    assert {name: f"stages.{path.stem}:{stage}" for path in FILES for name, stage in [declared_in(path)]} == dict(STAGES)


def test_a_code_version_is_no_option() -> None:
    (version,) = [field for field in dataclasses.fields(Stage) if field.name == "version"]
    assert version.default is dataclasses.MISSING and version.default_factory is dataclasses.MISSING


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stage_file_is_read_at_one_glance(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def declared_in(path: Path) -> tuple[str, str]:
    """Return the name and the variable of the one stage that a file declares."""
    found = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign) and is_stage(node.value)]
    (declaration,) = found
    (target,) = declaration.targets
    assert isinstance(target, ast.Name) and isinstance(declaration.value, ast.Call)
    arguments = {keyword.arg: keyword.value for keyword in declaration.value.keywords}
    return ast.literal_eval(arguments["name"]), target.id


def is_stage(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Stage"
