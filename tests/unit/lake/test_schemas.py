from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import schema_to_pyarrow

from lake.contracts import CONTRACT_VERSION, TABLES, BalanceCell, Image, Reject, Verdict
from lake.errors import ContractError
from lake.schemas import arrow_schema, conform, empty_table, record_of, table_of
from lake.storage.iceberg_schemas import iceberg_schema

REJECT = {"reject_id": "a", "stage": "crop", "source": "s", "source_ref": "1", "reason": "box-only", "detail": ""}


@pytest.mark.parametrize("table", TABLES)
def test_the_iceberg_schema_of_a_table_reads_back_as_its_arrow_schema(table: str) -> None:
    derived = schema_to_pyarrow(iceberg_schema(TABLES[table]), include_field_ids=False)
    contract = arrow_schema(TABLES[table])
    assert [(f.name, f.nullable) for f in derived] == [(f.name, f.nullable) for f in contract]
    widened = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}
    assert [widened.get(f.type, f.type) for f in derived] == [f.type for f in contract]


def test_a_nullable_column_is_nullable_and_the_others_are_not() -> None:
    schema = arrow_schema(Image)
    assert [f.name for f in schema if f.nullable] == ["licence", "phash"]


def test_the_unit_of_a_column_and_the_contract_version_stand_in_the_schema() -> None:
    schema = arrow_schema(Image)
    assert schema.field("width").metadata == {b"unit": b"px"}
    assert schema.metadata == {b"centrepiece.record": b"Image", b"centrepiece.contract": str(CONTRACT_VERSION).encode()}


def test_an_empty_table_has_the_columns_of_its_record() -> None:
    assert empty_table(Reject).schema == arrow_schema(Reject)


def test_rows_may_be_records_or_mappings() -> None:
    assert table_of(Reject, [Reject(**REJECT), REJECT]).to_pylist() == [REJECT, REJECT]


def test_times_keep_their_microseconds() -> None:
    moment = datetime(2026, 1, 31, 4, 5, 6, 789012, tzinfo=UTC)
    row = {"verdict_id": "v", "candidate": "c", "champion": None, "outcome": "PASS", "document": "{}", "judged_at": moment}
    assert table_of(Verdict, [row])["judged_at"].to_pylist() == [moment]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": None}, r"Reject\.reason: 1 nulls"),
        ({"reason": 3}, r"Reject\.reason: expected string"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        table_of(Reject, [{**REJECT, **change}])


def test_missing_and_unknown_columns_are_named() -> None:
    row = {**REJECT, "colour": "red"}
    del row["detail"]
    with pytest.raises(ContractError, match=r"row 0 of Reject.*missing \['detail'\], unknown \['colour'\]"):
        table_of(Reject, [row])


def test_conform_orders_columns_and_decodes_dictionaries() -> None:
    rows = table_of(Reject, [REJECT])
    shuffled = rows.select(list(reversed(rows.schema.names)))
    encoded = shuffled.set_column(0, "detail", shuffled["detail"].dictionary_encode())
    assert conform(encoded, Reject).schema == arrow_schema(Reject)
    assert conform(encoded, Reject) == rows


def test_conform_refuses_a_cast_that_would_change_a_value() -> None:
    rows = empty_table(BalanceCell).to_pylist()
    cell = {
        name: ("x" if pa.types.is_string(t) else 1)
        for name, t in zip(arrow_schema(BalanceCell).names, arrow_schema(BalanceCell).types, strict=True)
    }
    table = table_of(BalanceCell, [*rows, cell])
    halves = table.set_column(5, "before", pa.array([1.5]))
    with pytest.raises(ContractError, match=r"BalanceCell\.before: expected int64, got double"):
        conform(halves, BalanceCell)


def test_conform_refuses_doubled_columns() -> None:
    rows = table_of(Reject, [REJECT])
    with pytest.raises(ContractError, match=r"duplicate \['detail'\]"):
        conform(rows.append_column("detail", rows["detail"]), Reject)


def test_conform_works_on_batches_too() -> None:
    batch = table_of(Reject, [REJECT]).to_batches()[0]
    assert isinstance(conform(batch, Reject), pa.RecordBatch)


def test_a_record_without_an_arrow_type_is_refused() -> None:
    @dataclass
    class Untyped:
        name: str

    with pytest.raises(ContractError, match=r"Untyped\.name: expected Annotated"):
        arrow_schema(Untyped)
    with pytest.raises(ContractError, match="expected a record's dataclass"):
        arrow_schema(int)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match="unknown table 'crop'; the tables are images, "):
        record_of("crop")
