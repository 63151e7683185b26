"""The report stage: tables in, one self-contained HTML page in the store out, verdict first."""

import posixpath
import time
from collections.abc import Mapping, Sequence

from evaluation.gate.documents import Inputs
from evaluation.gate.registry import Event, Registry
from evaluation.report.page_parts import Judged, crop_part, newest_verdict, score_parts
from evaluation.report.pages.balance import balance_section
from evaluation.report.pages.expectations import expectations_section
from evaluation.report.pages.page import is_made_from, page
from evaluation.report.pages.promotion_status import promotion_status
from evaluation.report.pages.verdict import no_verdict_section, verdict_section
from evaluation.report.quality import QualityPages, quality_pages
from lake.configuration import Pipeline
from lake.digests import digest, stage_key
from lake.errors import MissingTableError
from lake.frozen import with_frozen_crops
from lake.lake import Lake, open_lake
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport

FOLDER = "reports"
PATH = f"{FOLDER}/report.html"
REPORT_VERSION = 3
"""Raised when the same tables make another page."""
_TABLES = ("balance", "crops", "scores", "verdicts")


def report(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Write the report of the newest verdict, or of the data alone before there is one.

    Args:
        pipeline: The pipeline.
        as_of: Of every table; such a report stands beside the present one, under a name of its own.

    Raises:
        MissingTableError: There is not even a balance to show.
    """
    started = time.monotonic()
    lake = open_lake(pipeline).pinned(as_of)
    if not lake.has("balance"):
        raise MissingTableError("there is nothing to report yet: run `centrepiece balance` first")
    contents = {table: lake.snapshot(table).content for table in _TABLES if lake.has(table)}
    checked = quality_pages(lake)
    history = Registry(lake.database_url).history()
    promotions = [[event.at.isoformat(), event.action, event.model] for event in history]
    inputs = {
        **contents,
        "expectations": digest([[one.table, one.part, *one.pages] for one in checked]),
        "promotions": digest(promotions),
    }
    key = stage_key("report", inputs=inputs, spec={"evaluation": pipeline.evaluation, "name": pipeline.name}, version=REPORT_VERSION)
    path = PATH if as_of is None else f"{FOLDER}/as-of-{key[:16]}.html"
    made = lake.store.exists(path) and is_made_from(lake.store.read_bytes(path), key)
    judged = newest_verdict(lake)
    if not made:
        lake.store.write_bytes(path, _document(lake, pipeline, judged, history, checked, key).encode())
    details = {"path": path, "uri": lake.store.uri(path), **_outcome(judged)}
    return StageReport("report", key, made, len(contents), len(contents), {}, {}, time.monotonic() - started, details)


def _document(
    lake: Lake, pipeline: Pipeline, judged: Judged | None, history: Sequence[Event], checked: Sequence[QualityPages], key: str
) -> str:
    if judged is None:
        sections = [no_verdict_section()]
    else:
        figures, parts = score_parts(_judged_lake(lake, pipeline), pipeline, judged)
        stands = promotion_status(str(judged.document["outcome"]), judged.verdict_id, judged.inputs, history)
        sections = [verdict_section(judged.document, judged.verdict_id, stands, figures), *parts]
    sections += [crop_part(lake), balance_section(lake.read("balance")), expectations_section(checked, posixpath.dirname(PATH))]
    inputs = judged.inputs if judged else None
    return page(f"centrepiece: {pipeline.name}", _subtitle(lake, inputs), [part for part in sections if part], key=key)


def _judged_lake(lake: Lake, pipeline: Pipeline) -> Lake:
    """Return the lake whose crops were judged: those of the report's own time, unless others are frozen."""
    return with_frozen_crops(lake, pipeline.evaluation.frozen) if pipeline.evaluation.frozen else lake


def _subtitle(lake: Lake, inputs: Inputs | None) -> str:
    crops = sum(file.rows for file in lake.files("crops")) if lake.has("crops") else 0
    model = f"candidate {inputs.candidate[:12]}" if inputs else "no judged model"
    return f"{crops:,} crops, {model}"


def _outcome(judged: Judged | None) -> Mapping[str, object]:
    return {} if judged is None else {"outcome": judged.document["outcome"], "verdict_id": judged.verdict_id}
