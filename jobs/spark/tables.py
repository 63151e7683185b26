"""Tables of the lake as Spark DataFrames, and the Spark schemas of their rows."""

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from lake.lake import Lake
from lake.publishing.reading import check_footers, open_parquet
from lake.publishing.snapshots import AsOf
from lake.schemas import arrow_schema, record_of
from lake.storage.store import Store

ROWS_A_BATCH = 2000


def table_frame(spark: SparkSession, lake: Lake, table: str, *, columns: Sequence[str] | None = None, as_of: AsOf = None) -> DataFrame:
    """Read a table with Spark: its own reader on a local store, Python workers (which hold the S3 client) on others.

    Args:
        spark: The session.
        lake: Where the table lies.
        table: Its name.
        columns: All by default, else these.
        as_of: A snapshot, tag or time; see `Lake.snapshot`.

    Raises:
        MissingTableError: The table had not been published by then.
    """
    schema = arrow_schema(record_of(table))
    wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    files = lake.files(table, as_of=as_of)
    if not files:
        return spark.createDataFrame([], spark_schema(wanted))
    if lake.store.is_local:
        check_footers(lake.store, [file.path for file in files])
        return spark.read.schema(spark_schema(schema)).parquet(*(file.uri for file in files)).select(wanted.names)
    paths = spark.createDataFrame([(file.path,) for file in files], "path string").repartition(len(files))
    return paths.mapInArrow(partial(_read_files, store=lake.store, columns=tuple(wanted.names)), spark_schema(wanted))


def spark_schema(schema: pa.Schema) -> StructType:
    """Return the Spark schema of Arrow rows."""
    converted: StructType = from_arrow_schema(schema.remove_metadata())
    return converted


def _read_files(batches: Iterator[pa.RecordBatch], *, store: Store, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for path in batch.column("path").to_pylist():
            with open_parquet(store, path) as file:
                yield from file.iter_batches(ROWS_A_BATCH, columns=list(columns))
