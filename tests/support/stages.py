"""Every stage as a function of a pipeline, as tests and benchmarks call it."""

from jobs.workers import Workers
from lake.configuration import Pipeline
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage


def ingest(pipeline: Pipeline, only: str | None = None, *, workers: Workers | None = None, redo: bool = False) -> StageReport:
    return run_stage("ingest", pipeline, only=only, workers=workers, redo=redo)


def label(pipeline: Pipeline, *, as_of: AsOf = None, workers: Workers | None = None) -> StageReport:
    return run_stage("label", pipeline, as_of=as_of, workers=workers)


def balance(pipeline: Pipeline, *, as_of: AsOf = None, workers: Workers | None = None) -> StageReport:
    return run_stage("balance", pipeline, as_of=as_of, workers=workers)


def crop(pipeline: Pipeline, *, as_of: AsOf = None, workers: Workers | None = None) -> StageReport:
    return run_stage("crop", pipeline, as_of=as_of, workers=workers)


def fit(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    return run_stage("fit", pipeline, as_of=as_of)


def export(pipeline: Pipeline, model: str) -> StageReport:
    return run_stage("export", pipeline, model=model)


def predict(pipeline: Pipeline, model: str, *, as_of: AsOf = None) -> StageReport:
    return run_stage("predict", pipeline, model=model, as_of=as_of)


def score(pipeline: Pipeline, model: str, *, as_of: AsOf = None, workers: Workers | None = None) -> StageReport:
    return run_stage("score", pipeline, model=model, as_of=as_of, workers=workers)


def judge(pipeline: Pipeline, candidate: str, champion: str | None = None, *, as_of: AsOf = None) -> StageReport:
    return run_stage("judge", pipeline, candidate=candidate, champion=champion, as_of=as_of)


def promote(pipeline: Pipeline, candidate: str | None = None, override: str | None = None) -> StageReport:
    return run_stage("promote", pipeline, candidate=candidate, override=override)


def report(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    return run_stage("report", pipeline, as_of=as_of)
