"""A store on S3: moto's endpoint for every rule of ours, Ceph's for what only a real one decides."""

import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from lake.errors import InputError
from lake.lake import connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import gc
from lake.sql.query import run_sql
from lake.storage.object_storage import end_upload, signed_link, unfinished_uploads
from lake.storage.store import open_store
from tests.support.publications import publish_rejects, published_numbers


@pytest.fixture(params=["moto", "ceph"])
def bucket(request: pytest.FixtureRequest) -> Iterator[str]:
    """A new bucket of either endpoint."""
    return request.getfixturevalue(f"{request.param}_bucket")  # type: ignore[no-any-return]


def test_a_store_behaves_like_a_local_one(bucket: str) -> None:
    store = open_store(f"{bucket}/some/prefix/")
    store.write_bytes("a/b.bin", b"\x00\x01")
    store.write_bytes("a/b.bin", b"\x02")
    store.write_bytes("ab/c", b"xyz")
    assert store.read_bytes("a/b.bin") == b"\x02"
    assert store.exists("a/b.bin")
    assert not store.exists("a")
    assert store.list() == ("a/b.bin", "ab/c")
    assert store.list("a") == ("a/b.bin",)
    assert store.size("ab/c") == 3
    store.delete("a/b.bin")
    store.delete("a/b.bin")
    assert store.list() == ("ab/c",)
    with pytest.raises(InputError, match=r"no object 'a/b\.bin'"):
        store.read_bytes("a/b.bin")


def test_an_etag_follows_the_bytes(bucket: str) -> None:
    store = open_store(bucket)
    store.write_bytes("a", b"1")
    store.write_bytes("b", b"1")
    store.write_bytes("c", b"2")
    tags = {entry.path: entry.etag for entry in store.entries()}
    assert tags["a"] == tags["b"] != tags["c"]


def test_a_write_that_fails_leaves_no_object(bucket: str) -> None:
    store = open_store(bucket)
    with pytest.raises(RuntimeError, match="half way"), store.open_output("a") as stream:
        stream.write(bytes(20 << 20))
        raise RuntimeError("half way")
    assert store.list() == ()
    assert list(unfinished_uploads(f"{bucket}/")) == []


def test_of_many_that_create_one_object_one_wins(bucket: str) -> None:
    store = open_store(bucket)
    won: list[int] = []
    threads = [threading.Thread(target=lambda n=n: won.append(n) if store.create("lake.json", b"%d" % n) else None) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read_bytes("lake.json") == b"%d" % won[0]
    assert len(won) == 1


def test_a_signed_link_reads_without_credentials(bucket: str) -> None:
    open_store(bucket).write_bytes("a b/c", b"hello")
    with urllib.request.urlopen(signed_link(f"{bucket}/a b/c"), timeout=10) as answer:
        assert answer.read() == b"hello"


def test_unfinished_uploads_are_found_and_ended(bucket: str) -> None:
    client = boto3.session.Session().client("s3")
    name = bucket.removeprefix("s3://")
    started = client.create_multipart_upload(Bucket=name, Key="x/big")
    ((uri, upload, _),) = unfinished_uploads(f"{bucket}/x/")
    assert (uri, upload) == (f"{bucket}/x/big", started["UploadId"])
    end_upload(uri, upload)
    assert list(unfinished_uploads(f"{bucket}/")) == []


def test_gc_ends_uploads_that_killed_writers_left(ceph_bucket: str, sqlite_url: str) -> None:
    bucket = ceph_bucket  # moto says of every upload that it was begun in 2010
    lake = connect_lake(f"{bucket}/lake", catalog=sqlite_url)
    publish_rejects(lake, "a", [1])
    name = bucket.removeprefix("s3://")
    for key in ("lake/tables/rejects/feedfeedfeedfeed/shard", "elsewhere/big"):
        boto3.session.Session().client("s3").create_multipart_upload(Bucket=name, Key=key)
    assert any("were begun and not finished: 1 files" in finding.message for finding in examine_lake(lake))
    dead = [f"{bucket}/lake/tables/rejects/feedfeedfeedfeed/shard"]
    assert gc(lake, dry_run=False).uploads == []
    assert gc(lake, dry_run=True, grace=timedelta(0)).uploads == dead
    assert gc(lake, dry_run=False, grace=timedelta(0)).uploads == dead
    assert [uri for uri, _, _ in unfinished_uploads(f"{bucket}/")] == [f"{bucket}/elsewhere/big"]


def test_a_lake_works_on_s3(bucket: str, sqlite_url: str) -> None:
    lake = connect_lake(f"{bucket}/lake", catalog=sqlite_url)
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    first = lake.snapshot("rejects").snapshot_id
    lake.tag("rejects", first, "night")
    publish_rejects(lake, "a", [3])
    assert publish_rejects(lake, "a", [3]).skipped
    again = connect_lake(f"{bucket}/lake", catalog=sqlite_url)
    assert published_numbers(again) == [2, 3]
    assert again.read("rejects", as_of="night").num_rows == 2
    assert run_sql(again, "SELECT count(*) AS n FROM rejects").to_pylist() == [{"n": 2}]
    assert [f.what for f in examine_lake(again) if f.level == "fault"] == []


def test_the_content_of_equal_rows_is_that_of_a_local_store(bucket: str, sqlite_url: str, tmp_path: Path) -> None:
    there, here = connect_lake(bucket, catalog=sqlite_url), connect_lake(str(tmp_path / "store"))
    for lake in (there, here):
        publish_rejects(lake, "a", [1, 2, 3])
    assert there.snapshot("rejects").content == here.snapshot("rejects").content
    assert [file.path for file in there.files("rejects")] == [file.path for file in here.files("rejects")]


def test_a_wrong_secret_is_refused_by_a_real_endpoint(ceph_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(ceph_bucket)
    store.write_bytes("a", b"1")
    assert store.list() == ("a",)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebody else's")
    with pytest.raises(OSError, match=r"ACCESS_DENIED|SignatureDoesNotMatch|403"):
        store.read_bytes("a")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        store.list()


def test_many_objects_are_there_when_the_last_is(bucket: str) -> None:
    store = open_store(f"{bucket}/many")
    written = {f"a/{number}": bytes([number]) * number for number in range(50)}
    with store.open_many() as open_one:
        for path, data in written.items():
            with open_one(path) as output:
                output.write(data)
    assert {path: store.read_bytes(path) for path in store.list()} == written
    with pytest.raises(RuntimeError, match="half way"), store.open_many() as open_one, open_one("b") as output:
        output.write(b"half")
        raise RuntimeError("half way")
    assert not store.exists("b")
