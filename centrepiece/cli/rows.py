"""Write the rows of a query as a table for people, or as CSV, JSON or Parquet for programs."""

import base64
import io
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from centrepiece.cli.terminal import UNCUT

RowWriter = Callable[[pa.Table, BinaryIO], None]


def _write_table(rows: pa.Table, sink: BinaryIO) -> None:
    table = Table(*(escape(name) for name in rows.column_names))
    for row in rows.to_pylist():
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    text = io.StringIO()
    Console(file=text, width=None if sink.isatty() else UNCUT).print(table)
    sink.write(text.getvalue().encode())


def _write_csv(rows: pa.Table, sink: BinaryIO) -> None:
    import pyarrow.csv

    columns = [column if pa.types.is_primitive(column.type) or _is_text(column.type) else _as_text(column) for column in rows.columns]
    pyarrow.csv.write_csv(pa.table(columns, names=rows.column_names), sink)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    """Write what CSV has no form for as JSON does: bytes in base64, lists and structs as JSON."""
    return pa.array([None if value is None else _in_a_cell(value) for value in column.to_pylist()], pa.string())


def _in_a_cell(value: object) -> str:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=_json_value)
    return _json_value(value)


def _write_json(rows: pa.Table, sink: BinaryIO) -> None:
    text = json.dumps(rows.to_pylist(), indent=2, ensure_ascii=False, default=_json_value)
    sink.write(text.encode() + b"\n")


def _write_parquet(rows: pa.Table, sink: BinaryIO) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(rows, sink)


def _json_value(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    return f"{value:,.4f}" if isinstance(value, float) else str(value)


WRITERS: Mapping[str, RowWriter] = MappingProxyType(
    {"table": _write_table, "csv": _write_csv, "json": _write_json, "parquet": _write_parquet}
)
