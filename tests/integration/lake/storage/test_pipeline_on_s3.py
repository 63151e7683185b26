"""The same pipeline on a folder and on a real S3 endpoint over HTTP gives the same crops."""

import os
from pathlib import Path

import pytest

from lake.configuration import Pipeline
from lake.lake import Lake, open_lake
from lake.maintenance.doctor import examine_lake
from lake.pipeline_file import load_pipeline
from tests.support.factories import tiny_demo
from tests.support.stages import balance, crop, ingest, label


def _cut_crops(pipeline: Pipeline) -> Lake:
    for stage in (ingest, label, balance, crop):
        stage(pipeline)
    lake = open_lake(pipeline)
    assert [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"] == []
    return lake


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_a_folder_and_a_real_endpoint_hold_the_same_crops(tmp_path: Path, ceph_bucket: str, sqlite_url: str) -> None:
    path = tiny_demo(tmp_path / "demo", images=6)
    with pytest.MonkeyPatch.context() as before:
        # Spark is running already when it hears of an endpoint, as in a process that runs several pipelines.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            before.delenv(name)
        here = _cut_crops(load_pipeline(path))
    document = path.read_text().replace("store: ./store", f"store: {ceph_bucket}/lake\ncatalog: {sqlite_url}")
    assert ceph_bucket in document
    (path.parent / "s3.yaml").write_text(document)
    there = _cut_crops(load_pipeline(path.parent / "s3.yaml"))
    assert here.read("crops").num_rows > 0
    assert there.snapshot("crops").content == here.snapshot("crops").content
    assert there.read("crops") == here.read("crops")
