"""Seals: what was changed after it was sealed is told, whatever bit it is; other readers read sealed files as before."""

import json
import random
from pathlib import Path

import pytest
from pyiceberg.avro.file import AvroFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import clear_manifest_cache
from pyiceberg.table import StaticTable
from pyiceberg.typedef import Record

from lake.errors import DamagedFileError
from lake.lake import Lake
from lake.storage.seals import check_avro, opened_json, sealed_avro, sealed_json
from tests.support.publications import publish_rejects, published_numbers

DOCUMENT = b'{"a":[1,2,{"b":"\xc3\xa9"}],"c":null}\n'


@pytest.mark.parametrize("document", [DOCUMENT, b"{}", b'{"a":1}'])
def test_a_sealed_document_is_the_same_json_with_one_member_more(document: bytes) -> None:
    sealed = sealed_json(document)
    found = json.loads(sealed)
    assert len(found.pop("centrepiece.sha256")) == 64 and found == json.loads(document)
    assert opened_json(sealed, "x") == document and opened_json(document, "x") == document


def test_no_changed_bit_of_a_document_gives_another_one() -> None:
    sealed = sealed_json(DOCUMENT)
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            found = json.loads(opened_json(bytes(changed), "x"))
        except (DamagedFileError, ValueError):
            continue
        assert {key: value for key, value in found.items() if key in ("a", "c")} == json.loads(DOCUMENT), bit


def manifests(lake: Lake) -> list[Path]:
    return sorted(Path(lake.store.root, "tables/rejects/metadata").glob("*.avro"))


def test_no_changed_bit_of_a_manifest_is_believed(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    for path in manifests(lake):
        data = path.read_bytes()
        check_avro(data, "x")
        assert sealed_avro(data) == data
        for bit in random.Random(3).sample(range(8 * len(data)), 300):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(DamagedFileError, match="x is not what was written: it does not match its seal"):
                check_avro(bytes(changed), "x")
        with pytest.raises(DamagedFileError):
            check_avro(data[:-1], "x")
        with pytest.raises(DamagedFileError):
            check_avro(b"", "x")


def test_a_damaged_manifest_or_document_ends_a_read_in_one_line(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    documents = sorted(Path(lake.store.root, "tables/rejects/metadata").glob("*.metadata.json"))
    for path in (*manifests(lake), documents[-1]):
        data = path.read_bytes()
        path.write_bytes(data[:400] + bytes([data[400] ^ 1]) + data[401:])
        clear_manifest_cache()
        with pytest.raises(DamagedFileError, match=f"{path.name} is not what was written"):
            published_numbers(lake)
        path.write_bytes(data)
    clear_manifest_cache()
    assert published_numbers(lake) == [1, 2]


def test_iceberg_reads_sealed_tables_without_us(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    plain = {"py-io-impl": f"{PyArrowFileIO.__module__}.{PyArrowFileIO.__qualname__}"}
    table = StaticTable.from_metadata(lake.table("rejects").metadata_location, plain)
    assert table.scan().to_arrow().num_rows == 2
    with AvroFile[Record](PyArrowFileIO().new_input(str(manifests(lake)[0]))) as reader:
        assert list(reader)
