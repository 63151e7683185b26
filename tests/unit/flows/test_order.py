"""The order of a nightly run, and what it does with a refusal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.order import run_in_order, standing_reports
from flows.refusal import RefusedRunError
from lake.errors import GateRefusalError
from lake.publishing.stage_report import StageReport
from tests.support.training_lakes import training_pipeline

MODELS = ["new", "old"]


class Night:
    """Stages that only say that they ran."""

    def __init__(self, *, refused: bool = False) -> None:
        self.refused, self.ran = refused, []

    def run(self, name: str, arguments: Mapping[str, Any]) -> StageReport:
        self.ran.append((name, dict(arguments)))
        if name == "promote" and self.refused:
            raise GateRefusalError("worse for acme")
        return StageReport(name, "k", False, 1, 1, details={"model": "new"})


def test_every_stage_runs_in_its_order_with_the_models_it_needs() -> None:
    night = Night()
    reports = run_in_order(night.run, lambda: MODELS)
    assert night.ran == [
        *((name, {}) for name in ("ingest", "label", "balance", "crop", "fit")),
        ("export", {"model": "new"}),
        *((name, {"model": model}) for model in MODELS for name in ("predict", "score")),
        ("judge", {"candidate": "new"}),
        ("promote", {"candidate": "new"}),
        ("report", {}),
    ]
    assert [report.stage for report in reports[-2:]] == ["report", "promote"]


def test_a_refusal_comes_after_the_report_with_what_all_stages_said() -> None:
    night = Night(refused=True)
    with pytest.raises(RefusedRunError, match="worse for acme") as refusal:
        run_in_order(night.run, lambda: MODELS)
    assert night.ran[-1] == ("report", {})
    assert [report.stage for report in refusal.value.reports][-2:] == ["judge", "report"]


def test_a_pipeline_that_never_ran_has_something_to_do(tmp_path: Path) -> None:
    assert standing_reports(training_pipeline(tmp_path)) is None
