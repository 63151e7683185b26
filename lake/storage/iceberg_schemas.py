"""Iceberg schemas, derived from Arrow's."""

import functools
import types
from collections.abc import Mapping

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from lake.schemas import COLUMN_TYPES, arrow_schema

_TYPES = (StringType, BinaryType, BooleanType, IntegerType, LongType, FloatType, DoubleType, TimestamptzType)
_ICEBERG_TYPES: Mapping[pa.DataType, type[PrimitiveType]] = types.MappingProxyType(dict(zip(COLUMN_TYPES, _TYPES, strict=True)))


@functools.cache
def iceberg_schema(record: type) -> Schema:
    """Derive the Iceberg schema of a record's dataclass; field ids count from 1 in the order of the columns."""
    return Schema(
        *(
            NestedField(
                field_id=field_id,
                name=column.name,
                field_type=_ICEBERG_TYPES[column.type](),
                required=not column.nullable,
                doc=column.metadata[b"unit"].decode(),
            )
            for field_id, column in enumerate(arrow_schema(record), start=1)
        )
    )
