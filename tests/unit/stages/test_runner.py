"""Stages are found by name."""

import pkgutil

import pytest

from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from stages.runner import STAGES, run_stage


def test_an_unknown_stage_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no stage 'crops'; stages are ingest, label"):
        run_stage("crops", Pipeline.model_construct())


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_resolves_to_a_function(name: str) -> None:
    assert callable(pkgutil.resolve_name(STAGES[name]))
