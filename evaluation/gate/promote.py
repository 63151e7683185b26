"""Promotion and rollback: the champion changes only for a PASS that still holds against it, or for a recorded reason."""

import json
from collections.abc import Mapping
from typing import Any

from evaluation.gate.documents import gates_in_document, is_sealed
from evaluation.gate.gates import load_gates
from evaluation.gate.judge import present_inputs
from evaluation.gate.registry import Registry
from evaluation.scores.keys import metric_spec
from lake.configuration import Pipeline
from lake.contracts import Verdict
from lake.digests import digest
from lake.errors import GateRefusalError
from lake.frozen import evaluated_lake
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport


def promotable_verdict(pipeline: Pipeline, lake: Lake, model: str, champion: str | None, *, override: bool) -> Verdict | None:
    """Return the verdict that lets a model become the champion.

    Args:
        pipeline: The pipeline.
        lake: Its lake.
        model: Digest of the candidate.
        champion: Digest of the present champion, or None.
        override: Whether any verdict will do, or none.

    Raises:
        GateRefusalError: There is no verdict against the present champion on the present crops and scores under the present gates,
            the newest such verdict is not a PASS, a verdict was altered, or the model was rolled back from after it.
        InputError: The scores are no longer those of the present predictions on the present crops.
    """
    verdicts = _verdicts(lake, model, champion)
    if not override:
        return _passed(pipeline, verdicts, model, champion)
    return verdicts[0] if verdicts else None


def promotion_details(champion: str, before: str | None, verdict: Verdict | None = None, override: str | None = None) -> dict[str, Any]:
    """Return what a report says of a change of champion."""
    return {"champion": champion, "before": before, "verdict_id": verdict.verdict_id if verdict else None, "override": override}


def rollback(pipeline: Pipeline) -> StageReport:
    """Make the previous champion the champion again.

    Raises:
        ModelError: There is no previous champion.
        ChampionChangedError: The champion changed meanwhile.
    """
    champion, before = Registry(open_lake(pipeline).database_url).rollback()
    return StageReport("rollback", digest("rollback", champion, before), False, 1, 1, details=promotion_details(champion, before))


def _verdicts(lake: Lake, model: str, champion: str | None) -> list[Verdict]:
    """Return the verdicts on a model against a champion, newest first."""
    if not lake.has("verdicts"):
        return []
    rows = lake.read("verdicts", where={"candidate": model}).sort_by([("judged_at", "descending")]).to_pylist()
    return [Verdict(**row) for row in rows if row["champion"] == champion]


def _passed(pipeline: Pipeline, verdicts: list[Verdict], model: str, champion: str | None) -> Verdict:
    """Return the newest verdict that speaks of the present state, if it is a PASS."""
    against = f"champion {champion[:12]}" if champion else "the baselines (there is no champion yet)"
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
    rolled_back = Registry(lake.database_url).rolled_back_at(model)
    if rolled_back is not None and verdict.judged_at <= rolled_back:
        raise GateRefusalError(
            f"model {model[:12]} was rolled back on {rolled_back:%Y-%m-%d at %H:%M} UTC and no verdict has been reached since on other "
            "crops, gates or scores; to promote it all the same, give the reason: `centrepiece promote PIPELINE --override REASON`"
        )
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
