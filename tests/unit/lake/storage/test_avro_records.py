"""Small Avro files are read as pyiceberg reads them; what is none ends in one error."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import read_manifest_list

from lake.lake import connect_lake
from lake.storage.avro_records import avro_records
from tests.support.publications import publish_rejects


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The manifests of a table, lists last."""
    lake = connect_lake(str(tmp_path_factory.mktemp("lake")))
    for source in "abc":
        publish_rejects(lake, source, [1, 2])
    return sorted(Path(lake.store.root, "tables/rejects/metadata").glob("*.avro"), key=lambda path: path.name.startswith("snap-"))


def test_records_are_those_that_pyiceberg_reads(manifests: list[Path]) -> None:
    lists = [path for path in manifests if path.name.startswith("snap-")]
    files = PyArrowFileIO()
    for path in lists:
        ours = list(avro_records(path.read_bytes()))
        theirs = list(read_manifest_list(files.new_input(str(path))))
        assert [(one["manifest_path"], one["manifest_length"]) for one in ours] == [(m.manifest_path, m.manifest_length) for m in theirs]
        for manifest in theirs:
            entries = list(avro_records(Path(manifest.manifest_path).read_bytes()))
            known = manifest.fetch_manifest_entry(files, discard_deleted=False)
            assert [entry["status"] for entry in entries] == [entry.status for entry in known]
            for mine, other in zip((entry["data_file"] for entry in entries), (entry.data_file for entry in known), strict=True):
                assert (mine["file_path"], mine["record_count"]) == (other.file_path, other.record_count)
                assert {pair["key"]: pair["value"] for pair in mine["lower_bounds"]} == other.lower_bounds
    assert lists and len(manifests) > len(lists)


@given(st.integers(0), st.integers(0, 255), st.integers(0))
def test_what_is_no_avro_file_is_one_error(manifests: list[Path], place: int, byte: int, end: int) -> None:
    data = bytearray(manifests[place % len(manifests)].read_bytes())
    data[place % len(data)] = byte
    for damaged in (bytes(data), bytes(data[: end % len(data)])):
        with suppress(ValueError):
            list(avro_records(damaged))
    with pytest.raises(ValueError):
        list(avro_records(bytes(data[: end % len(data)])[:40]))
