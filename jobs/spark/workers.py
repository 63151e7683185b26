"""Spark's workers, as a pipeline configures them: the session begins when there is work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from jobs.spark.java import require_java
from lake.configuration import Pipeline

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_Counts = TypeVar("_Counts", bound=NamedTuple)


@dataclass(frozen=True, slots=True)
class SparkWorkers:
    """Does pieces of work on Spark; nothing of Spark is loaded before there are any."""

    pipeline: Pipeline

    def session(self) -> "SparkSession":
        """Return the pipeline's session, which is started where there is none.

        Raises:
            ConfigurationError: Java is missing or too old, or Spark is not installed.
        """
        require_java()
        from jobs.spark.session import spark_session

        return spark_session(self.pipeline)

    def context(self) -> "SparkContext":
        """Return the pipeline's context, which is enough for pieces of work; see `session`."""
        require_java()
        from jobs.spark.session import spark_context

        return spark_context(self.pipeline)

    def map(self, pieces: Sequence[_Piece], work: Callable[[_Piece], _Result], /) -> list[_Result]:
        """Do every piece; a lost worker repeats the few pieces of its task.

        Raises:
            CentrepieceError: What a worker raised on purpose.
            OSError: What the system refused a worker.
        """
        if not pieces:
            return []
        from jobs.spark.tasks import run_tasks

        return run_tasks(self.context(), pieces, work)

    def counter(self, zero: _Counts, /) -> Any:
        """Return an accumulator of counts; it moves when a task ends."""
        from jobs.spark.tasks import accumulator

        return accumulator(self.context(), zero)
