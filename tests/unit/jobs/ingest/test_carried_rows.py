"""Earlier rows stand unless the export brings their record, their document or their image again."""

import pyarrow as pa

from jobs.ingest.carried_rows import carried_rows, containers


def images(**uris: str) -> pa.Table:
    return pa.table({"image_id": list(uris), "uri": list(uris.values())}, pa.schema({"image_id": pa.string(), "uri": pa.string()}))


def test_the_parts_of_a_document_are_replaced_together_and_records_one_by_one() -> None:
    refs = pa.chunked_array([[":1", "a.json#shape 0", "b.json:7", "odd%23name.json#2"]])
    assert containers([refs]) == {":1", "a.json", "b.json:7", "odd%23name.json"}


def test_an_image_that_is_listed_again_takes_its_place() -> None:
    before = images(old="/a.jpg", kept="/b.jpg", same="/c.jpg")
    left = carried_rows(before, [], set(), images(new="/a.jpg", same="/elsewhere.jpg"))
    assert left.images.column("image_id").to_pylist() == ["kept"]
    assert left.annotations.num_rows == 0
