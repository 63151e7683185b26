"""A night on a lake, without images: five stages that publish to every kind of table, deterministic from end to end.

Tests disturb it: it must come out the same.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lake.contracts import PARTITIONS, TABLES
from lake.digests import canonical_json, digest, stage_key
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.reasons import Reason
from lake.schemas import arrow_schema, table_of

SOURCES = ("coco", "drive")
ROWS = 40
SHARDS = 3
WEIGHTS, WEIGHTS_PATH = b"weights of every model", "models/night/weights"
_SAID_OF_WEIGHTS = {"weights": WEIGHTS_PATH, "weights_sha256": hashlib.sha256(WEIGHTS).hexdigest()}


def run_night(lake: Lake) -> list[StageReport]:
    """Run every stage that is not committed yet."""
    return [_run_stage(lake, *stage) for stage in _stages()]


def fingerprint(lake: Lake) -> dict[str, Any]:
    """Return what a night has published: rows, files with their digests, contents and the number of snapshots."""
    found: dict[str, Any] = {}
    for table in TABLES:
        if lake.has(table):
            files = {file.path: hashlib.sha256(lake.store.read_bytes(file.path)).hexdigest() for file in lake.files(table)}
            rows = sorted(digest(row) for row in _plain_rows(lake.read(table)))
            found[table] = {
                "files": files,
                "rows": digest(rows),
                "count": len(rows),
                "content": lake.snapshot(table).content,
                "snapshots": len(lake.table(table).metadata.snapshots),
            }
    return found


def _stages() -> Iterator[tuple[str, Mapping[str, str], Sequence[str], Mapping[str, Mapping[str, str]], str]]:
    for source in SOURCES:
        parts = {"rejects": {"stage": "ingest", "source": source}, "images": {"source": source}}
        yield f"ingest {source}", {}, (), {**parts, "annotations": {"source": source}}, "replace"
    yield "label", {"source": "-"}, ("images", "annotations"), {"rejects": {"stage": "label"}, "instances": {}}, "replace"
    yield "crop", {"source": "-"}, ("instances",), {"rejects": {"stage": "crop"}, "crops": {}}, "replace"
    yield "fit", {}, ("crops",), {"models": {}}, "append"


def _run_stage(
    lake: Lake,
    stage: str,
    fixed: Mapping[str, str],
    inputs: Sequence[str],
    parts: Mapping[str, Mapping[str, str]],
    mode: str,
) -> StageReport:
    key = stage_key(stage, inputs={table: lake.snapshot(table).content for table in inputs}, spec={"rows": ROWS})
    done = skipped_report(lake, stage=stage, key=key, targets=list(parts.items()))
    if done is not None:
        return done
    places = {table: lake.location(table, key, part) for table, part in parts.items()}
    if "models" in parts:
        lake.store.write_bytes(WEIGHTS_PATH, WEIGHTS)
    outputs = []
    for table, place in places.items():
        dealt = [_rows(table, {**fixed, **place.part}, range(n, ROWS, SHARDS)) for n in range(SHARDS)]
        receipts = [write_shard(place, shard_name(n, SHARDS), [rows]) for n, rows in enumerate(dealt)]
        outputs.append(Output(table, place.part, receipts, "append" if mode == "append" else "replace"))
    rejected: dict[str, int] = {Reason.BOX_ONLY: ROWS} if "rejects" in parts else {}
    return publish_stage(
        lake,
        stage=stage,
        key=key,
        rows_in=ROWS + sum(rejected.values()),
        rows_out=ROWS,
        rejected=rejected,
        outputs=outputs,
    )


def _rows(table: str, part: Mapping[str, str], numbers: range) -> pa.Table:
    known = {column: part[column] for column in PARTITIONS.get(table, ())}
    return table_of(TABLES[table], [{c.name: known.get(c.name, _value(c, n)) for c in arrow_schema(TABLES[table])} for n in numbers])


def _value(column: pa.Field, number: int) -> Any:
    if column.name in _SAID_OF_WEIGHTS:
        return _SAID_OF_WEIGHTS[column.name]
    if pa.types.is_string(column.type):
        return f"{column.name} {number}"
    if pa.types.is_binary(column.type):
        return hashlib.sha256(f"{column.name} {number}".encode()).digest() * 20
    if pa.types.is_timestamp(column.type):
        return datetime(2026, 1, 1, tzinfo=UTC)
    return number % 2 == 0 if pa.types.is_boolean(column.type) else number


def _plain_rows(rows: pa.Table) -> Iterator[Any]:
    for row in rows.to_pylist():
        yield canonical_json({name: value if isinstance(value, str | int | float) else str(value) for name, value in row.items()})
