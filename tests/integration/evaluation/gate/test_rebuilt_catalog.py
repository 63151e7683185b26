"""The command that mends a lost catalog: tables, and the models that the registry has lost with it."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from centrepiece.cli.app import app
from evaluation.gate.registry import Registry
from lake.lake import open_lake
from tests.support.publications import publish_rejects
from tests.support.stages import fit
from tests.support.training_lakes import training_pipeline


@pytest.mark.parametrize("lost", ["catalog.db"])
def test_doctor_rebuilds_a_lost_catalog_and_knows_its_models_again(tmp_path: Path, lost: str) -> None:
    pipeline = training_pipeline(tmp_path)
    model = str(fit(pipeline).details["model"])
    publish_rejects(open_lake(pipeline), "a", [1, 2])
    (Path(pipeline.store) / lost).unlink()
    settings = pipeline.model_dump(mode="json", include={"name", "store", "taxonomy", "label_maps", "gates"})
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump({**settings, "sources": [source.model_dump(mode="json") for source in pipeline.sources]}))
    faulty = CliRunner().invoke(app, ["doctor", str(file)])
    assert faulty.exit_code == 2
    mended = CliRunner().invoke(app, ["doctor", str(file), "--rebuild-catalog"])
    assert "crops: registered as of" in mended.output and "1 models are known again" in mended.output
    lake = open_lake(pipeline)
    assert lake.read("crops").num_rows > 0 and lake.read("rejects").num_rows == 2
    assert Registry(lake.database_url).resolve(model[:12]) == model
    assert CliRunner().invoke(app, ["gc", str(file), "--dry-run"]).exit_code == 0
