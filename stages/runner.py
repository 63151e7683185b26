"""A pipeline and a stage's name in, that stage's report out: one way to run a stage, for flows and for the command line."""

import logging
import pkgutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from evaluation.gate.registry import Registry
from jobs.spark.java import require_java
from lake.configuration import Pipeline
from lake.errors import ConfigurationError, ModelError
from lake.lake import open_lake
from lake.outages import SYSTEM_ERRORS, as_centrepiece_error
from lake.publishing.stage_report import StageReport

StageFunction = Callable[..., StageReport]

STAGES = {
    "ingest": "jobs.spark.ingest:ingest",
    "label": "jobs.spark.label:label",
    "balance": "jobs.spark.balance:balance",
    "crop": "jobs.spark.crop:crop",
    "fit": "training.fit:fit",
    "export": "training.export:export",
    "predict": "training.predict:predict",
    "score": "jobs.spark.score:score",
    "judge": "evaluation.gate.judge:judge",
    "promote": "evaluation.gate.promote:promote",
    "report": "evaluation.report.report:report",
}
"""Stage by name, in the order of the pipeline; resolved when run, so that no stage pays for another's imports."""

_log = logging.getLogger(__name__)


def run_stage(name: str, pipeline: Pipeline, **arguments: Any) -> StageReport:
    """Run one stage and return its report.

    Args:
        name: A key of `STAGES`.
        pipeline: The pipeline to run it for.
        arguments: What the stage takes beside the pipeline, e.g. `model` for predict, score and export.

    Raises:
        ConfigurationError: The stage is unknown, or its optional packages are not installed.
        StorageError: A disk is full, or may not be read or written, here or where a worker ran.
        UnreachableError: A store, catalog or database failed otherwise.
        CentrepieceError: The stage's own, raised here or by a worker.
    """
    if _is_of_spark(name):
        require_java()
    report = _report(name, pipeline, arguments)
    if name == "fit":
        _enrol_candidate(pipeline, report)
    _log.info(
        "%s: %s in, %s out, %s rejected%s",
        name,
        f"{report.rows_in:,}",
        f"{report.rows_out:,}",
        f"{sum(report.rejected.values()):,}",
        " (already committed: nothing written)" if report.skipped else "",
    )
    return report


def resolve_model(pipeline: Pipeline, model: str) -> str:
    """Return the digest of a model given by its digest, an unambiguous prefix of it, or an alias such as `candidate`.

    Raises:
        ModelError: No such model is registered.
    """
    return _registry(pipeline).resolve(model)


def models_to_score(pipeline: Pipeline) -> list[str]:
    """Return the digests that a judgement needs scored: the candidate, then the champion if it is another model."""
    registry = _registry(pipeline)
    candidate = registry.resolve("candidate")
    try:
        champion = registry.resolve("champion")
    except ModelError:
        return [candidate]
    return list(dict.fromkeys([candidate, champion]))


def _report(name: str, pipeline: Pipeline, arguments: Mapping[str, Any]) -> StageReport:
    function = _function(name)
    unwrapping = pkgutil.resolve_name("jobs.spark.failures:errors_of_workers") if _is_of_spark(name) else nullcontext
    try:
        with unwrapping():
            return function(pipeline, **arguments)
    except SYSTEM_ERRORS as error:
        raise as_centrepiece_error(error, name) from error


def _is_of_spark(name: str) -> bool:
    return STAGES.get(name, "").startswith("jobs.spark.")


def _enrol_candidate(pipeline: Pipeline, report: StageReport) -> None:
    model = str(report.details["model"])
    registry = _registry(pipeline)
    registry.register(model, pipeline.name)
    registry.point("candidate", model)


def _registry(pipeline: Pipeline) -> Registry:
    return Registry(open_lake(pipeline).database_url)


def _function(name: str) -> StageFunction:
    if name not in STAGES:
        raise ConfigurationError(f"no stage {name!r}; stages are {', '.join(STAGES)}")
    try:
        function: StageFunction = pkgutil.resolve_name(STAGES[name])
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in {"torch", "lightning", "onnx", "onnxruntime", "onnxscript", "safetensors"}:
            raise ConfigurationError(f"stage {name!r} needs {error.name!r}: pip install 'centrepiece[train]'") from None
        raise
    return function
