"""The command that withdraws data: what it names, what it refuses, what it tells."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centrepiece.cli.app import app
from jobs.workers import InProcess
from lake.errors import ConfigurationError
from lake.lake import open_lake
from stages.runner import run_stage
from tests.support.small_sources import numbered, pipeline_of, write_export


def test_an_image_is_withdrawn_by_the_first_digits_of_its_id_and_admitted_again(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(3))
    pipeline = pipeline_of(tmp_path, "a")
    run_stage("ingest", pipeline, workers=InProcess())
    file, lake = tmp_path / "pipeline.yaml", open_lake(pipeline)
    file.write_text(pipeline.model_dump_json(exclude_none=True), encoding="utf-8")
    image = lake.read("images")["image_id"][1].as_py()

    def withdraw(*arguments: str) -> str:
        outcome = CliRunner().invoke(app, ["withdraw", str(file), *arguments], catch_exceptions=False)
        assert outcome.exit_code == 0
        return outcome.stdout

    told = json.loads(withdraw(f"image:{image[:8]}", "--reason", "asked for", "--rows-only", "--json"))
    assert (told["subject"], told["models"], told["reports"][0]["rejected"]) == (image, [], {"withdrawn": 2})
    assert image not in lake.read("annotations")["image_id"].to_pylist() + lake.read("images")["image_id"].to_pylist()
    withdraw(f"image:{image}", "--admit")
    run_stage("ingest", pipeline, workers=InProcess())
    assert image in lake.read("annotations")["image_id"].to_pylist()
    for wrong, message in {
        "image:fff": "fits 0 images",
        "image:XYZ": "fits 0 images",
        "source:b": "no source 'b' in the pipeline or its lake; known are a",
        "customer:b": "no customer 'b'",
        "a": "expected source:NAME, customer:NAME or image:ID, got 'a'",
    }.items():
        with pytest.raises(ConfigurationError, match=message):
            withdraw(wrong)
    assert lake.read("withdrawals").num_rows == 2
