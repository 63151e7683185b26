"""Two ranks under torchrun share an epoch without a double and end with one model."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from lake.errors import ModelError
from lake.lake import open_lake
from tests.support.stages import fit
from tests.support.training_lakes import training_pipeline
from training import launch
from training.launch import train_on_ranks
from training.rank import write_run
from training.training_run import TrainingRun

ROOT = Path(__file__).resolve().parents[3]
EPOCHS = 2


def test_two_ranks_see_each_crop_once_an_epoch_and_end_with_equal_weights(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path / "world", epochs=EPOCHS, devices=2, pixels_per_batch=4 * 32 * 32)
    lake = open_lake(pipeline)
    files = tuple(file.path for file in lake.files("crops"))
    write_run(tmp_path, TrainingRun(lake.store, files, pipeline.training, "checkpoints/two/last.ckpt"))
    script = ROOT / "tests" / "support" / "seen_crops.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script), str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True, timeout=600)
    left, right = (json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in range(2))
    crops = lake.read("crops", columns=["crop_id"], where={"split": "train"})["crop_id"].to_pylist()
    assert Counter(left["seen"] + right["seen"]) == dict.fromkeys(crops, EPOCHS)
    assert abs(len(left["seen"]) - len(right["seen"])) <= EPOCHS
    assert left["learnt"] == right["learnt"]


def test_a_fit_on_two_devices_of_which_one_is_killed_goes_on_from_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = training_pipeline(tmp_path / "world", epochs=2, devices=2, pixels_per_batch=2 * 32 * 32)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(launch, "RANK_MODULE", "tests.support.killed_rank")
    report = fit(pipeline)
    (row,) = open_lake(pipeline).read("models").to_pylist()
    assert row["model"] == report.details["model"]
    first, second = (tmp_path / "began").read_text().split()
    assert first == "0" and 0 < int(second) <= 5
    assert {path.name for path in tmp_path.iterdir()} == {"world", "began"}, "nothing is left of torchrun"


def test_ranks_that_end_without_weights_are_an_error(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path, devices=2)
    missing = TrainingRun(open_lake(pipeline).store, ("tables/crops/nowhere.parquet",), pipeline.training, "checkpoints/no/last.ckpt")
    with pytest.raises(ModelError, match="2 ranks ended with exit code 1 and without weights"):
        train_on_ranks(missing, 2)
