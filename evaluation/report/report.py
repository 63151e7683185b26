"""The evaluation report: one HTML page that holds everything it shows, verdict first."""

import posixpath
from collections.abc import Mapping, Sequence

from evaluation.gate.documents import Inputs
from evaluation.gate.registry import Event
from evaluation.report.page_parts import Judged, crop_part, score_parts
from evaluation.report.pages.balance import balance_section
from evaluation.report.pages.expectations import expectations_section
from evaluation.report.pages.page import page
from evaluation.report.pages.promotion_status import promotion_status
from evaluation.report.pages.verdict import no_verdict_section, verdict_section
from evaluation.report.quality import QualityPages
from lake.configuration import Pipeline
from lake.frozen import with_frozen_crops
from lake.lake import Lake

FOLDER = "reports"
PATH = f"{FOLDER}/report.html"
REPORT_VERSION = 6
"""Raised when the same tables make another page."""


def report_document(
    lake: Lake, pipeline: Pipeline, judged: Judged | None, history: Sequence[Event], checked: Sequence[QualityPages], key: str
) -> str:
    """Return the report of a judgement, or of the data alone before there is one, as HTML.

    Args:
        lake: Its tables, all of one state.
        pipeline: The pipeline.
        judged: The newest verdict.
        history: Of the registry.
        checked: Pages of the quality checks.
        key: Digest of what the report is made from; it stands in the page.
    """
    if judged is None:
        sections = [no_verdict_section()]
    else:
        figures, parts = score_parts(_judged_lake(lake, pipeline), pipeline, judged)
        stands = promotion_status(str(judged.document["outcome"]), judged.verdict_id, judged.inputs, history)
        sections = [verdict_section(judged.document, judged.verdict_id, stands, figures), *parts]
    balance = balance_section(lake.read("balance"), [note for one in checked for note in one.notes])
    shown = [*sections, crop_part(lake), balance, expectations_section(checked, posixpath.dirname(PATH))]
    inputs = judged.inputs if judged else None
    return page(f"centrepiece: {pipeline.name}", _subtitle(lake, inputs), [part for part in shown if part], key=key)


def _judged_lake(lake: Lake, pipeline: Pipeline) -> Lake:
    """Return the lake whose crops were judged: those of the report's own time, unless others are frozen."""
    return with_frozen_crops(lake, pipeline.evaluation.frozen) if pipeline.evaluation.frozen else lake


def _subtitle(lake: Lake, inputs: Inputs | None) -> str:
    crops = sum(file.rows for file in lake.files("crops")) if lake.has("crops") else 0
    model = f"candidate {inputs.candidate[:12]}" if inputs else "no judged model"
    return f"{crops:,} crops, {model}"


def outcome_details(judged: Judged | None) -> Mapping[str, object]:
    """Return what a stage's report says of the verdict that is shown."""
    return {} if judged is None else {"outcome": judged.document["outcome"], "verdict_id": judged.verdict_id}
