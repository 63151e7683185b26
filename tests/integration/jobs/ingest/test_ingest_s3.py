"""Exports of every format on a real HTTP S3 endpoint: as objects, as a zip and as a tar, found and read as on a disk."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from demo.exports.formats import FORMATS
from jobs.sources.detect import detect
from lake.configuration import Pipeline, Source
from lake.lake import open_lake
from lake.storage.store import open_store
from tests.support.plain_ingest import NO_LIMITS, Ingested, plain_ingest, source_of
from tests.support.sample_exports import REAL, Sample, demo_samples
from tests.support.services import CREDENTIALS, environment
from tests.support.stages import ingest

NAMES = ["camvid", "labelme-embedded", "supervisely", "cvat-project", *(f"demo-{name}" for name in FORMATS)]
PACKED = {"zip": ".zip", "tar": ".tar", "gztar": ".tar.gz"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with environment({**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}):
        boto3.session.Session().client("s3").create_bucket(Bucket="exports")
        yield "s3://exports"
    server.stop()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {**REAL, **demo_samples(tmp_path_factory.mktemp("demo") / "world")}


def upload(path: Path, prefix: str) -> None:
    client = boto3.session.Session().client("s3")
    for file in [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file()):
        key = f"{prefix}/{file.name if path.is_file() else file.relative_to(path)}"
        client.put_object(Bucket="exports", Key=key, Body=file.read_bytes())


def contents(found: Ingested) -> tuple[Any, ...]:
    rows = sorted((row["image_id"], row["label"], row["geometry"], row["is_crowd"], row["is_void"]) for row in found.annotations)
    return sorted(row["image_id"] for row in found.images), rows, found.reasons()


@pytest.mark.parametrize("name", NAMES)
def test_an_export_on_s3_is_found_and_read_as_on_a_disk(
    name: str, bucket: str, samples: dict[str, Sample], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = request.getfixturevalue("data_folder") if name in REAL else tmp_path
    sample, export = samples[name], tmp_path / "export"
    sample.make(data, export)
    wanted = contents(plain_ingest(tmp_path / "store", source_of("x", **sample.paths(str(export)))))
    upload(export, f"{name}/it")
    kind, suffix = list(PACKED.items())[NAMES.index(name) % len(PACKED)]
    upload(Path(shutil.make_archive(str(tmp_path / "packed"), kind, export)), name)
    for place in (f"{bucket}/{name}/it", f"{bucket}/{name}/packed{suffix}"):
        (found,) = detect(place)
        assert found.format == sample.format
        assert found.stanza["annotations"].startswith("s3://")
        assert contents(plain_ingest(tmp_path / "store", Source.model_validate(found.stanza))) == wanted


@pytest.mark.parametrize("name", ["a.json.gz", "b.zst", "c.bz2"])
def test_a_store_on_s3_keeps_bytes_as_they_are_whatever_their_name(name: str, bucket: str) -> None:
    store = open_store(f"{bucket}/names")
    store.write_bytes(name, b"plain")
    assert store.read_bytes(name) == b"plain"


def test_spark_reads_exports_of_a_bucket_into_a_store_in_it_and_reads_changed_objects_alone_again(
    bucket: str, data_folder: Path, tmp_path: Path
) -> None:
    sample, export = REAL["labelme"], tmp_path / "export"
    sample.make(data_folder, export)
    upload(export, "spark/it")
    stanza = source_of("s", **sample.paths(f"{bucket}/spark/it"))
    settings = {
        "name": "s3",
        "store": f"{bucket}/spark/store",
        "catalog": f"sqlite:///{tmp_path}/catalog.db",
        "spark": {"master": "local[1]"},
    }
    places = {"taxonomy": tmp_path / "t.yaml", "label_maps": tmp_path / "maps", "gates": tmp_path / "g.yaml"}
    pipeline = Pipeline.model_validate({**settings, **places, "sources": [stanza], "limits": NO_LIMITS})
    report = ingest(pipeline)
    lake = open_lake(pipeline)
    local = plain_ingest(tmp_path / "store", source_of("s", **sample.paths(str(export))))
    assert [row["geometry"] for row in lake.read("annotations").to_pylist()] == [row["geometry"] for row in local.annotations]
    assert all(row["uri"].startswith(f"{bucket}/spark/it/") for row in lake.read("images").to_pylist())
    assert report.rows_in == report.rows_out == 3 + 14
    assert ingest(pipeline).skipped
    document = export / "2011_000006.json"
    document.write_text(document.read_text().replace('"sofa"', '"couch"'))
    upload(document, "spark/it")
    changed = ingest(pipeline)
    assert not changed.skipped
    assert changed.details["sources"]["s"]["reused_units"] == 2
    assert {"couch", "bus", "bottle"} <= set(lake.read("annotations").column("label").to_pylist())
