"""Pieces of work on Spark's workers: few pieces make a task, and each is sent to its worker alone."""

import functools
import gc
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from pyspark import AccumulatorParam, SparkContext

from jobs.garbage_collection import no_collections
from jobs.spark.failures import errors_of_workers

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_Counts = TypeVar("_Counts", bound=NamedTuple)

TASKS_A_CORE = 16
"""Tasks that work is divided into at most: each costs some ten milliseconds, and fewer would leave cores without work at the end."""


def run_tasks(context: SparkContext, pieces: Sequence[_Piece], work: Callable[[_Piece], _Result]) -> list[_Result]:
    """Do every piece on Spark's workers; a lost worker repeats the few pieces of its task.

    Args:
        context: Where the workers are.
        pieces: What to do; large payloads are fine, since each goes to the task that does it and to no other.
        work: What is done with each; pickled by reference. It returns receipts, counts and facts, never pixels.
    """
    if not pieces:
        return []
    with no_collections(), errors_of_workers():
        tasks = min(len(pieces), TASKS_A_CORE * context.defaultParallelism)
        results: list[_Result] = context.parallelize(list(pieces), tasks).map(functools.partial(_done, work)).collect()
    return results


class _NumberByNumber(AccumulatorParam[_Counts]):
    def zero(self, value: _Counts) -> _Counts:
        return value._make(0 for _ in value)

    def addInPlace(self, value1: _Counts, value2: _Counts) -> _Counts:  # noqa: N802
        return value1._make(one + other for one, other in zip(value1, value2, strict=True))


def accumulator(context: SparkContext, zero: _Counts) -> Any:
    """Return an accumulator of named counts that starts at zero; workers add to it, and it moves when a task ends."""
    return context.accumulator(zero, _NumberByNumber())


def _done(work: Callable[[_Piece], _Result], piece: _Piece) -> _Result:
    result = work(piece)
    spare_loaded_modules(type(work).__name__)
    return result


@functools.cache
def spare_loaded_modules(work: str) -> None:
    """Leave what a worker has loaded so far out of later garbage collections; call it when a task's work is done.

    Spark's workers collect after every task, which costs more than cutting a hundred crops does when it goes through all
    objects of the libraries. The first task of each kind loads libraries of its own.

    Args:
        work: Kind of the work; later calls for the same kind do nothing.
    """
    gc.freeze()
