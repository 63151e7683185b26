"""Real photographs labelled by two parties: a COCO file, and driving frames labelled as full scenes."""

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from imaging.crop_codec import open_crop
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from tests.e2e.conftest import Centrepiece

pytestmark = pytest.mark.slow
BACKGROUND = {"Sky", "Building", "Road", "Pavement", "Tree", "Fence"}
CAMVID_CLASSES = {
    "street": {"pole": {}, "sign": {}, "walker": {}, "rider": {}, "motor_car": {}},
    "backdrop": {"sky": {}, "building": {}, "road": {}, "pavement": {}, "tree": {}, "fence": {}},
}
CAMVID_LABELS = {
    **{name: name.lower() for name in BACKGROUND},
    "Pole": "pole",
    "SignSymbol": "sign",
    "Car": "motor_car",
    "Pedestrian": "walker",
    "Bicyclist": "rider",
}
STAGES = """
import sys
from stages.runner import run_stage
from lake.pipeline_file import load_pipeline
for name in ("ingest", "label", "balance", "crop"):
    run_stage(name, load_pipeline(sys.argv[1]))
"""
"""In one process, for one start of Spark."""


@pytest.fixture(scope="module")
def pipeline_file(centrepiece: Centrepiece, data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `init --coco` writes, with a second customer's full scenes added by hand."""
    folder = tmp_path_factory.mktemp("real") / "pipeline"
    coco = data_folder / "coco" / "coco_mini"
    centrepiece("init", "--coco", coco / "annotations" / "instances_train2017.json", coco / "train2017", folder)
    path = folder / "pipeline.yaml"
    settings = yaml.safe_load(path.read_text())
    camvid = data_folder / "camvid"
    settings["sources"].append(
        {
            "name": "camvid",
            "customer": "camvid",
            "domain": "driving",
            "format": "label-png",
            "scene": "full",
            "annotations": str(camvid / "labels"),
            "images": str(camvid / "images"),
            "classes": str(camvid / "classes.json"),
            "group_by": "^(?P<group>[^_]+)_",
        }
    )
    settings["training"].update(network="nano", epochs=1, canvas=64)
    settings["spark"] = {"master": "local[2]"}
    path.write_text(yaml.safe_dump(settings))
    taxonomy_file = Path(load_pipeline(path).taxonomy)
    taxonomy = yaml.safe_load(taxonomy_file.read_text())
    taxonomy["classes"].update(CAMVID_CLASSES)
    taxonomy["background"] = [*(taxonomy.get("background") or []), "backdrop"]
    taxonomy["approved"] = [*taxonomy["approved"], "street"]
    taxonomy_file.write_text(yaml.safe_dump(taxonomy))
    label_map = {"customer": "camvid", "labels": CAMVID_LABELS, "ignore": ["Unlabelled"]}
    (Path(load_pipeline(path).label_maps) / "camvid.yaml").write_text(yaml.safe_dump(label_map))
    return path


@pytest.fixture(scope="module")
def reports(pipeline_file: Path, centrepiece: Centrepiece) -> dict[str, dict[str, Any]]:
    """The whole pipeline, once, its stages' reports by name; one epoch need not pass the gate."""
    outcome = centrepiece("run", pipeline_file, "--json", expect=None)
    assert outcome.code in {0, 3}, outcome.err[-4000:]
    return {report["stage"]: report for report in outcome.json}


@pytest.fixture(scope="module")
def first_run(reports: dict[str, dict[str, Any]], pipeline_file: Path) -> Lake:
    """What that run has published."""
    return open_lake(load_pipeline(pipeline_file))


def test_every_stage_conserves_its_rows(reports: dict[str, dict[str, Any]]) -> None:
    for name in ("ingest", "label", "balance", "crop"):
        report = reports[name]
        assert report["rows_in"] == report["rows_out"] + sum(report["rejected"].values()) > 0, report


def test_the_counts_of_the_coco_file_are_found_again(first_run: Lake) -> None:
    rows = [row for row in first_run.read("annotations").to_pylist() if row["source"] != "camvid"]
    rejected = first_run.read("rejects", where={"stage": "ingest"}).to_pylist()
    assert len(rows) + len([row for row in rejected if row["source"] != "camvid"]) == 739
    assert sum(row["is_crowd"] for row in rows) == 8


def test_no_background_class_is_cropped(first_run: Lake) -> None:
    labels = set(first_run.read("crops", columns=["label"])["label"].to_pylist())
    assert labels
    assert not labels & BACKGROUND
    dispositions = first_run.read("instances", columns=["label", "disposition"]).to_pylist()
    assert {row["label"] for row in dispositions if row["disposition"] == "background"} == BACKGROUND


def test_every_training_crop_belongs_to_its_centre_pixel(first_run: Lake) -> None:
    crops = first_run.read("crops", where={"split": "train"}).to_pylist()
    assert len(crops) > 100
    for row in crops:
        opened = open_crop(row)
        height, width = opened.mask.shape
        assert (height, width) == (row["window_height"], row["window_width"])
        assert opened.mask[height // 2, width // 2], row["crop_id"]


def test_the_sequences_of_the_driving_frames_do_not_straddle_splits(first_run: Lake) -> None:
    images = first_run.read("images", where={"source": "camvid"}).to_pylist()
    splits: dict[str, set[str]] = {}
    for image in images:
        splits.setdefault(image["group_id"], set()).add(image["split"])
    assert len(splits) == 3
    assert all(len(of_group) == 1 for of_group in splits.values())


def test_crops_have_the_same_bytes_on_one_core_and_on_two(first_run: Lake, pipeline_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    shutil.copytree(pipeline_file.parent, folder, ignore=shutil.ignore_patterns("store"))
    settings: dict[str, Any] = yaml.safe_load(pipeline_file.read_text())
    settings["spark"] = {"master": "local[1]"}
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "first_stages.py").write_text(STAGES)  # PySpark ends a process whose main module has no file
    subprocess.run([sys.executable, str(tmp_path / "first_stages.py"), str(folder / "pipeline.yaml")], check=True, timeout=800)
    other = open_lake(load_pipeline(folder / "pipeline.yaml"))
    assert other.snapshot("crops").content == first_run.snapshot("crops").content
    assert other.snapshot("plan").content == first_run.snapshot("plan").content


def test_sql_gives_parquet_to_others(first_run: Lake, pipeline_file: Path, centrepiece: Centrepiece, tmp_path: Path) -> None:
    said = centrepiece("sql", pipeline_file, "SELECT count(*) AS n FROM crops", "--format", "csv").out.split()
    assert int(said[1]) == first_run.read("crops", columns=["crop_id"]).num_rows
    target = tmp_path / "rows.parquet"
    centrepiece("sql", pipeline_file, "SELECT crop_id FROM crops", "--format", "parquet", "--output", target)
    assert pq.read_table(io.BytesIO(target.read_bytes())).num_rows == int(said[1])
