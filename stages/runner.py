"""Runs any stage: opens its lake, keys each part, skips what stands, takes leases, computes, checks and publishes."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from jobs.spark.workers import SparkWorkers
from jobs.workers import InProcess, Workers
from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.extras import missing_package_error
from lake.outages import as_centrepiece_error, system_errors
from lake.ownership import check_owner, claim_store
from lake.publishing.publish import Output, publish_stage
from lake.publishing.stage_report import StageReport, check_conservation
from stages.redo import made_again, restored
from stages.stage import Computed, Publication, Run, Stage
from stages.table import stage_named

_Part = TypeVar("_Part")
_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


class WorkToDoError(Exception):
    """A stage whose standing result was asked for has something to do."""


class _NoWorkers(InProcess):
    """Does no work: a piece of it is the answer."""

    def map(self, pieces: Sequence[_Piece], work: Callable[[_Piece], _Result], /) -> list[_Result]:
        if pieces:
            raise WorkToDoError
        return []


def run_stage(name: str, pipeline: Pipeline, *, workers: Workers | None = None, redo: bool = False, **arguments: Any) -> StageReport:
    """Run a stage by its name; see `run`.

    Raises:
        ConfigurationError: There is no such stage.
    """
    return run(stage_named(name), pipeline, workers=workers, redo=redo, **arguments)


def standing_report(name: str, pipeline: Pipeline, **arguments: Any) -> StageReport:
    """Return what a stage reports that has nothing to do. Nothing is computed, published or started.

    Args:
        name: Of the stage.
        pipeline: The pipeline to look for.
        arguments: See `run`.

    Raises:
        WorkToDoError: It has something to do.
        CentrepieceError: As `run` raises it.
    """
    return run(stage_named(name), pipeline, workers=_NoWorkers(), **arguments)


def run(stage: Stage[Any], pipeline: Pipeline, *, workers: Workers | None = None, redo: bool = False, **arguments: Any) -> StageReport:
    """Run a stage and return its report.

    Args:
        stage: What to run.
        pipeline: The pipeline to run it for.
        workers: Where its work is done; None is Spark, as the pipeline configures it, begun when there is work.
        redo: Make again what stands already and whose files are gone or damaged.
        arguments: What the stage takes, e.g. `model` for predict, score and export, and `as_of` for those that read tables
            (see `lake.publishing.snapshots.AsOf`); what it publishes is published now.

    Raises:
        MissingPackageError: An extra that the stage needs is not installed.
        StorageError: A disk is full, or may not be read or written, here or where a worker ran.
        UnreachableError: A store, catalog or database failed otherwise.
        ConfigurationError: The store is another pipeline's.
        CentrepieceError: The stage's own, raised here or by a worker.
    """
    if unknown := sorted(arguments.keys() - set(stage.arguments)):
        raise ValueError(f"stage {stage.name!r} takes {list(stage.arguments)}, got {unknown}")
    given = {name: arguments.get(name) for name in stage.arguments}
    try:
        lake = stage.open(pipeline, stage.reads, given.get("as_of"))
        check_owner(lake.store, pipeline)
        started = Run(pipeline, lake, workers or SparkWorkers(pipeline), given, redo)
        report = (restored(stage, started) if redo else None) or _joined(stage, _run_parts(stage, started))
    except system_errors() as error:
        raise as_centrepiece_error(error, stage.name) from error
    except ModuleNotFoundError as error:
        raise missing_package_error(error, f"stage {stage.name!r}") or error from error
    _log.info(
        "%s: %s in, %s out, %s rejected%s",
        stage.name,
        f"{report.rows_in:,}",
        f"{report.rows_out:,}",
        f"{sum(report.rejected.values()):,}",
        " (already committed: nothing written)" if report.skipped else "",
    )
    return report


def _run_parts(stage: Stage[_Part], run: Run) -> list[StageReport]:
    reports, deferred, begun = [], [], time.monotonic()
    for part in stage.parts(run):
        try:
            reports.append(_run_part(stage, run, part, begun))  # what it took to make the part counts, too
        except stage.defers as error:
            _log.error("%s: %s", stage.name, error)
            deferred.append(error)
        begun = time.monotonic()
        del part  # a large one is not kept while the next is made
    if deferred:
        raise deferred[0] if len(deferred) == 1 else type(deferred[0])("; ".join(str(error) for error in deferred))
    return reports


def _run_part(stage: Stage[_Part], run: Run, part: _Part, begun: float) -> StageReport:
    key = stage_key(stage.name, inputs=stage.key_inputs(run, part), spec=stage.spec(run, part), version=stage.version)
    report = stage.committed_report(run, part, key)
    if report is None and isinstance(run.workers, _NoWorkers):
        raise WorkToDoError
    if report is None:
        claim_store(run.lake.store, run.pipeline)
        publication = stage.publication(run, part, key)
        report = _published(stage, run, publication, stage.computed(run, part, publication), begun)
    elif run.redo and not stage.appends:
        report = made_again(stage, run, part, report, lambda again, computed: _published(stage, run, again, computed, begun))
    stage.finish(run, report)
    return report


def _published(stage: Stage[_Part], run: Run, publication: Publication, computed: Computed, begun: float) -> StageReport:
    key, locations, details = publication.key, publication.locations, dict(computed.details)
    if stage.checks is not None:
        from jobs.quality.check import check_quality

        receipts = computed.receipts[stage.checks]
        details["expectations"] = check_quality(run.lake, stage.checks, key, receipts, run=run.workers.map, may_be_empty=stage.may_be_empty)
    if not locations:
        counts = dict(computed.rejected)
        check_conservation(stage.name, rows_in=computed.rows_in, rows_out=computed.rows_out, rejected=counts)
        seconds = time.monotonic() - begun
        return StageReport(stage.name, key, False, computed.rows_in, computed.rows_out, counts, {}, seconds, details)
    mode: Literal["append", "replace"] = "append" if stage.appends else "replace"
    return publish_stage(
        run.lake,
        stage=stage.name,
        key=key,
        rows_in=computed.rows_in,
        rows_out=computed.rows_out,
        rejected=computed.rejected,
        outputs=[Output(table, location.part, computed.receipts[table], mode) for table, location in locations.items()],
        seconds=time.monotonic() - begun,
        details=details,
    )


def _joined(stage: Stage[Any], reports: Sequence[StageReport]) -> StageReport:
    if stage.join is not None:
        return stage.join(reports)
    mended = [path for report in reports for path in report.details.get("mended", ())]
    details = {**reports[0].details, "mended": mended} if mended else reports[0].details
    return replace(reports[0], skipped=all(report.skipped for report in reports), details=details)
