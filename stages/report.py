"""Report: balance, crops, scores and the verdict as one HTML page in the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.gate.registry import Event, Registry
from evaluation.report.page_parts import newest_verdict
from evaluation.report.pages.page import is_made_from
from evaluation.report.quality import QualityPages, quality_pages
from evaluation.report.report import FOLDER, PATH, REPORT_VERSION, outcome_details, report_document
from lake.contracts import TABLES
from lake.digests import StageKey, digest
from lake.errors import MissingTableError
from lake.publishing.stage_report import StageReport
from stages.stage import Computed, Publication, Run, Stage

_SHOWN = ("balance", "crops", "scores", "verdicts")


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the report shows beside tables."""

    history: Sequence[Event]
    checked: Sequence[QualityPages]


def _sources(run: Run) -> Iterator[_Sources]:
    if not run.lake.has("balance"):
        raise MissingTableError("there is nothing to report yet: run `centrepiece balance` first")
    yield _Sources(Registry(run.lake.database_url).history(), quality_pages(run.lake))


def _inputs(run: Run, sources: _Sources) -> dict[str, str]:
    contents = {table: run.lake.snapshot(table).content for table in _SHOWN if run.lake.has(table)}
    expectations = digest([[one.table, one.part, *one.pages, *one.notes] for one in sources.checked])
    promotions = digest([[event.at.isoformat(), event.action, event.model] for event in sources.history])
    return {**contents, "expectations": expectations, "promotions": promotions}


def _path(run: Run, key: str) -> str:
    """Name the page; one of an earlier state stands beside the present one, under a name of its own."""
    return PATH if run.arguments["as_of"] is None else f"{FOLDER}/as-of-{key[:16]}.html"


def _details(run: Run, key: str) -> dict[str, Any]:
    path = _path(run, key)
    return {"path": path, "uri": run.lake.store.uri(path), **outcome_details(newest_verdict(run.lake))}


def _committed(run: Run, _sources: _Sources, key: StageKey) -> StageReport | None:
    store, path, shown = run.lake.store, _path(run, key), sum(run.lake.has(table) for table in _SHOWN)
    if not store.exists(path) or not is_made_from(store.read_bytes(path), key):
        return None
    return StageReport("report", key, True, shown, shown, details=_details(run, key))


def _compute(run: Run, sources: _Sources, publication: Publication) -> Computed:
    """Write the page of the newest verdict, or of the data alone before there is one."""
    lake, key, shown = run.lake, publication.key, sum(run.lake.has(table) for table in _SHOWN)
    page = report_document(lake, run.pipeline, newest_verdict(lake), sources.history, sources.checked, key)
    lake.store.write_bytes(_path(run, key), page.encode())
    return Computed(rows_in=shown, rows_out=shown, details=_details(run, key))


REPORT = Stage(
    name="report",
    version=REPORT_VERSION,
    reads=tuple(TABLES),
    parts=_sources,
    inputs=_inputs,
    targets=(),
    spec=lambda run, _sources: {"evaluation": run.pipeline.evaluation, "name": run.pipeline.name},
    committed=_committed,
    compute=_compute,
)
