"""Units of work in, one result a unit out, in the units' order: each unit is one Spark task's row."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from jobs.units import Unit

_SCHEMA = "unit long, result string"

Work = Callable[[int, Unit], dict[str, Any]]
"""Does one unit, given its position; returns JSON values: receipts and counts, never rows."""


def run_units(spark: SparkSession, units: Sequence[Unit], work: Work) -> list[dict[str, Any]]:
    """Do every unit on Spark's workers.

    Args:
        spark: The session.
        units: What to do; a task is one unit, so that a lost worker repeats one unit.
        work: What is done with each; pickled by reference.

    Returns:
        The results, in the order of the units.
    """
    if not units:
        return []
    numbers = spark.range(0, len(units), 1, numPartitions=len(units))
    rows = numbers.mapInArrow(partial(_each_unit, units=tuple(units), work=work), _SCHEMA).collect()
    results = {row["unit"]: json.loads(row["result"]) for row in rows}
    return [results[number] for number in range(len(units))]


def total(results: Sequence[dict[str, Any]], name: str) -> dict[str, int]:
    """Add up one count of all units, by what it counts."""
    return dict(sorted(sum((Counter(result[name]) for result in results), Counter()).items()))


def _each_unit(batches: Iterator[pa.RecordBatch], *, units: Sequence[Unit], work: Work) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        numbers = batch.column("id").to_pylist()
        results = [json.dumps(work(number, units[number]), sort_keys=True) for number in numbers]
        yield pa.record_batch({"unit": pa.array(numbers, pa.int64()), "result": pa.array(results, pa.string())})
