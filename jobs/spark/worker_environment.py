"""Hands this process's AWS settings to Spark's workers, whenever their session was started.

Secrets are never part of a job: each machine's workers find credentials in their own standard AWS chain.
"""

from typing import Any

from pyspark import SparkContext

from jobs.spark.gateway import end_jvm
from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from lake.storage.object_storage import TRAVELLING, aws_environment, worker_settings


def reads_s3(pipeline: Pipeline) -> bool:
    """Whether workers of a pipeline read or write on S3."""
    places = [pipeline.store, *(place for source in pipeline.sources for place in (source.annotations, source.images) if place)]
    return any(place.startswith("s3://") for place in places)


def end_outdated_jvm() -> None:
    """End Spark's JVM, and the session in it, where it began under another AWS environment than this process has now.

    Workers of a local master are the JVM's children: they see what it saw when it was started.

    Raises:
        ConfigurationError: Somebody else started the JVM (spark-submit), so it cannot be ended from here.
    """
    gateway = SparkContext._gateway
    if gateway is None or _aws_environment_of(gateway.jvm) == aws_environment():
        return
    if gateway.proc is None:
        raise ConfigurationError(
            "AWS_… variables of this process have changed since spark-submit started Spark's JVM, whose workers do not see "
            "the change; set them before spark-submit, not after"
        )
    end_jvm()


def tell_workers(context: SparkContext) -> None:
    """Let the workers of all later jobs of a context use the endpoint and region of this process.

    What the pipeline's `spark.executorEnv.…` says wins; what an earlier pipeline of the same context needed is forgotten.
    """
    settings = context.getConf()  # a copy, made setting by setting
    own = {name for name in TRAVELLING if settings.get(f"spark.executorEnv.{name}") is None}
    for name in own:
        context.environment.pop(name, None)
    context.environment.update((name, value) for name, value in worker_settings().items() if name in own)


def _aws_environment_of(jvm: Any) -> frozenset[tuple[str, str]]:
    variables = jvm.java.lang.System.getenv()
    return frozenset((name, variables[name]) for name in variables.keySet() if name.startswith("AWS_"))
