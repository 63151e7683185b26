"""A judged candidate in, a new champion out: only with a PASS that still holds against the present champion, or with a reason."""

import json
import time
from collections.abc import Mapping
from typing import Any

from evaluation.gate.documents import gates_in_document, is_sealed
from evaluation.gate.gates import load_gates
from evaluation.gate.judge import present_inputs
from evaluation.gate.registry import CANDIDATE, Registry
from evaluation.scores.keys import metric_spec
from lake.configuration import Pipeline
from lake.contracts import Verdict
from lake.digests import digest
from lake.errors import ConfigurationError, GateRefusalError
from lake.frozen import evaluated_lake
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport


def promote(pipeline: Pipeline, candidate: str | None = None, override: str | None = None) -> StageReport:
    """Make a candidate the champion by compare-and-swap against the champion that its verdict compared with.

    Args:
        pipeline: The pipeline.
        candidate: Digest; None is the registry's candidate. The present champion is left as it is.
        override: Why to promote without a PASS; kept in the registry's history.

    Raises:
        GateRefusalError: There is no verdict against the present champion on the present crops and scores under the present gates,
            the newest such verdict is not a PASS, or a verdict was altered.
        InputError: The scores are no longer those of the present predictions on the present crops.
        ChampionChangedError: Another model became the champion meanwhile.
        ConfigurationError: The override gives no reason.
    """
    started = time.monotonic()
    if override is not None and not override.strip():
        raise ConfigurationError("an override needs a reason in words; it is kept in the registry's history")
    lake = open_lake(pipeline)
    registry = Registry(lake.database_url)
    model = registry.resolve(candidate or CANDIDATE)
    champion = registry.champion()
    if champion == model:
        return _report("promote", model, None, None, skipped=True, seconds=0.0)
    verdicts = _verdicts(lake, model, champion)
    if override is None:
        verdict: Verdict | None = _passed(pipeline, verdicts, model, champion)
    else:
        verdict = verdicts[0] if verdicts else None
    registry.promote(model, compared_with=champion, verdict_id=verdict.verdict_id if verdict else None, reason=override)
    return _report("promote", model, champion, verdict, skipped=False, seconds=time.monotonic() - started, override=override)


def rollback(pipeline: Pipeline) -> StageReport:
    """Make the previous champion the champion again.

    Raises:
        ModelError: There is no previous champion.
        ChampionChangedError: The champion changed meanwhile.
    """
    champion, before = Registry(open_lake(pipeline).database_url).rollback()
    return _report("rollback", champion, before, None, skipped=False, seconds=0.0)


def _verdicts(lake: Lake, model: str, champion: str | None) -> list[Verdict]:
    """Return the verdicts on a model against a champion, newest first."""
    if not lake.has("verdicts"):
        return []
    rows = lake.read("verdicts", where={"candidate": model}).sort_by([("judged_at", "descending")]).to_pylist()
    return [Verdict(**row) for row in rows if row["champion"] == champion]


def _passed(pipeline: Pipeline, verdicts: list[Verdict], model: str, champion: str | None) -> Verdict:
    """Return the newest verdict that speaks of the present state, if it is a PASS."""
    against = f"champion {champion[:12]}" if champion else "the floors (there is no champion yet)"
    if not verdicts:
        raise GateRefusalError(f"model {model[:12]} has no verdict against {against}; run `centrepiece judge` first")
    for verdict in verdicts:
        if not is_sealed(verdict):
            raise GateRefusalError(f"verdict {verdict.verdict_id[:12]} does not match its document: it was altered; judge again")
    lake = evaluated_lake(pipeline)
    changes = [_changed_since(lake, pipeline, json.loads(verdict.document)) for verdict in verdicts]
    if "" not in changes:
        raise GateRefusalError(f"verdict {verdicts[0].verdict_id[:12]} on {model[:12]} against {against} holds no longer: {changes[0]}")
    verdict = verdicts[changes.index("")]
    if verdict.outcome != "PASS":
        failing = json.loads(verdict.document)["failing"]
        reasons = "; ".join(f"{item['stratum']} ({item['metric']}): {item['why']}" for item in failing)
        raise GateRefusalError(f"verdict on {model[:12]} against {against} is {verdict.outcome}: {reasons}")
    return verdict


def _changed_since(lake: Lake, pipeline: Pipeline, document: Mapping[str, Any]) -> str:
    """Return what has changed since a verdict, and what to do; empty where it speaks of the present state."""
    judged = document["inputs"]
    if judged["crops"] != lake.snapshot("crops").content:
        return "the crops that are evaluated have changed since; run `centrepiece predict`, `score` and `judge` again"
    if document["gates"] != gates_in_document(load_gates(pipeline.gates, metric_spec(pipeline))):
        return f"the gates in {pipeline.gates} have changed since; run `centrepiece judge` again"
    if judged["scores"] != present_inputs(lake, pipeline, judged["candidate"], judged["champion"]).scores:
        return "the scores have changed since; run `centrepiece judge` again"
    return ""


def _report(
    stage: str, champion: str, before: str | None, verdict: Verdict | None, *, skipped: bool, seconds: float, override: str | None = None
) -> StageReport:
    details = {"champion": champion, "before": before, "verdict_id": verdict.verdict_id if verdict else None, "override": override}
    return StageReport(stage, digest(stage, champion, before), skipped, 1, 1, {}, {}, seconds, details)
