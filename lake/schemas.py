"""Arrow and Iceberg schemas, derived from the records' dataclasses, and tables that are made to fit them."""

import functools
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from lake.contracts import CONTRACT_VERSION, PARTITIONS, TABLES
from lake.errors import ContractError

Tabular = TypeVar("Tabular", pa.Table, pa.RecordBatch)

COLUMN_TYPES = (pa.string(), pa.binary(), pa.bool_(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.timestamp("us", tz="UTC"))
"""The Arrow types that columns may have."""

_LONG_TEXTS = frozenset({"geometry", "document", "detail", "spec"})
_PARTS = frozenset(column for columns in PARTITIONS.values() for column in columns)


@functools.cache
def arrow_schema(record: type) -> pa.Schema:
    """Derive the Arrow schema of a record's dataclass.

    Args:
        record: A dataclass whose annotations are `Annotated[python type, arrow type, unit]`, `| None` where nullable.

    Returns:
        One field a column, in the order of the dataclass; a field's metadata carries its `unit`, the schema's
        metadata the record's name and the contract version.

    Raises:
        ContractError: `record` is not a dataclass, or a column has no Arrow type.
    """
    if not is_dataclass(record):
        raise ContractError(f"expected a record's dataclass from lake/contracts.py, got {record!r}")
    hints = get_type_hints(record, include_extras=True)
    columns = [_arrow_field(record, column.name, hints[column.name]) for column in fields(record)]
    about = {"centrepiece.record": record.__name__, "centrepiece.contract": str(CONTRACT_VERSION)}
    return pa.schema(columns, metadata=about)


def has_bytes(schema: pa.Schema) -> bool:
    """Whether rows hold pixels, masks or other bytes."""
    return any(pa.types.is_binary(column.type) for column in schema)


def measured_columns(schema: pa.Schema) -> list[str]:
    """Return the columns whose least and greatest values files and manifests tell.

    Nobody looks for bytes and long texts by their value. Tables with bytes have a row group every few rows, so that statistics of
    each column of each group would cost more to write and to publish than they save: ids and parts alone have them.
    """
    if has_bytes(schema):
        return [name for name in schema.names if name.endswith("_id") or name in _PARTS]
    return [name for name in schema.names if name not in _LONG_TEXTS]


def record_of(table: str) -> type:
    """Return the record of a table.

    Raises:
        ContractError: No table has that name.
    """
    if table not in TABLES:
        raise ContractError(f"unknown table {table!r}; the tables are {', '.join(TABLES)}")
    return TABLES[table]


def empty_table(record: type) -> pa.Table:
    """Return a table of the record without rows."""
    return arrow_schema(record).empty_table()


def table_of(record: type, rows: Iterable[Any]) -> pa.Table:
    """Build a table from rows.

    Args:
        record: The dataclass that is the contract.
        rows: Instances of `record`, or mappings with exactly its columns.

    Raises:
        ContractError: A row misses a column, has another one, holds a null where none may stand, or a value of
            another type.
    """
    schema = arrow_schema(record)
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for index, row in enumerate(rows):
        if isinstance(row, Mapping) and row.keys() != columns.keys():
            raise ContractError(f"row {index:,} of {record.__name__}: {_column_faults(schema, row.keys())}")
        for name, values in columns.items():
            values.append(row[name] if isinstance(row, Mapping) else getattr(row, name))
    arrays = [_array(record, column, columns[column.name]) for column in schema]
    return conform(pa.table(arrays, schema=schema), record)


def conform(rows: Tabular, record: type) -> Tabular:
    """Cast rows to the contract of a record and put its columns in order.

    Dictionary-encoded columns are decoded, and types are cast where no value changes.

    Args:
        rows: Exactly the record's columns, in any order.
        record: The dataclass that is the contract.

    Raises:
        ContractError: A column is missing or unknown, a value does not fit its type, or a null stands where none may.
    """
    schema = arrow_schema(record)
    if set(rows.schema.names) != set(schema.names) or len(rows.schema.names) != len(schema.names):
        raise ContractError(f"{record.__name__}: {_column_faults(schema, rows.schema.names)}")
    arrays = []
    for column in schema:
        values = rows.column(column.name)
        try:
            cast = values if values.type == column.type else values.cast(column.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ContractError(f"{record.__name__}.{column.name}: expected {column.type}, got {values.type}: {error}") from None
        if not column.nullable and cast.null_count:
            raise ContractError(f"{record.__name__}.{column.name}: {cast.null_count:,} nulls where none may stand")
        arrays.append(cast)
    return type(rows).from_arrays(arrays, schema=schema)


def _arrow_field(record: type, name: str, hint: Any) -> pa.Field:
    nullable = get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
    if nullable:
        (hint,) = [option for option in get_args(hint) if option is not type(None)]
    details = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    if len(details) != 2 or details[0] not in COLUMN_TYPES:
        raise ContractError(
            f"{record.__name__}.{name}: expected Annotated[type, arrow type, unit] with one of "
            f"{[str(known) for known in COLUMN_TYPES]}, got {hint!r}"
        )
    arrow_type, unit = details
    return pa.field(name, arrow_type, nullable=nullable, metadata={"unit": unit})


def _array(record: type, column: pa.Field, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, type=column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise ContractError(f"{record.__name__}.{column.name}: expected {column.type}: {error}") from None


def _column_faults(schema: pa.Schema, names: Iterable[str]) -> str:
    got = list(names)
    missing = [name for name in schema.names if name not in got]
    unknown = [name for name in got if name not in schema.names]
    duplicate = sorted({name for name in got if got.count(name) > 1})
    faults = {"missing": missing, "unknown": unknown, "duplicate": duplicate}
    return "columns do not fit the contract: " + ", ".join(f"{kind} {cols}" for kind, cols in faults.items() if cols)
