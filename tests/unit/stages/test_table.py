"""The stage table: each name leads to the stage of that name, with a version of its own code."""

import ast
from pathlib import Path

import pytest

import stages
from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from stages.runner import run_stage
from stages.stage import Stage
from stages.table import STAGES, stage_named

FOLDER = Path(stages.__file__).parent


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


def test_every_stage_that_is_declared_stands_in_the_table() -> None:
    declared = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Stage":
                declared |= {f"stages.{path.stem}:{target.id}" for target in node.targets if isinstance(target, ast.Name)}
    assert declared == set(STAGES.values())
    assert len(declared) == 11
