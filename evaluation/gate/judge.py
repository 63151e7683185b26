"""A judgement: what it is reached from, the verdict that the gates give, and the verdicts that were given before."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from evaluation.gate.documents import Inputs, verdict_document, verdict_id
from evaluation.gate.gates import Gates, load_gates
from evaluation.gate.registry import Registry
from evaluation.gate.verdicts import judge_scores
from evaluation.scores.keys import metric_spec, score_key, score_targets
from evaluation.scores.paired import read_paired
from evaluation.scores.robustness import jittered_name
from evaluation.scores.scoring import REFERENCES
from lake.configuration import Pipeline
from lake.contracts import Verdict
from lake.errors import ContractError, InputError
from lake.lake import Lake
from lake.publishing.publish import is_committed
from lake.publishing.records import PublicationRecord
from lake.publishing.snapshots import tags

JUDGING_VERSION = 2
"""Raised when the same scores and gates give another verdict."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement to reach: over these inputs, by these gates."""

    gates: Gates
    inputs: Inputs


def planned_judgement(lake: Lake, pipeline: Pipeline, candidate: str, champion: str | None) -> Judgement | Verdict:
    """Find what a candidate is compared with: the model that is named, the registry's champion, or baselines alone.

    The champion itself, judged again, keeps the verdict that it was last given.

    Args:
        lake: Its crops are those that models are evaluated on.
        pipeline: The pipeline; its gates are read.
        candidate: Digest of a scored model.
        champion: Digest of the model to compare with; None is the registry's champion.

    Raises:
        InputError: A model has no scores of its present predictions on the evaluated crops.
    """
    against = champion or Registry(lake.database_url).champion()
    if against == candidate:
        against = None
        if (known := _last_verdict(lake, candidate)) is not None:
            return known
    gates = load_gates(pipeline.gates, metric_spec(pipeline))
    return Judgement(gates, present_inputs(lake, pipeline, candidate, against))


def present_inputs(lake: Lake, pipeline: Pipeline, candidate: str, against: str | None) -> Inputs:
    """Return what a judgement of a candidate would be reached from now.

    Args:
        lake: Holds the crops and scores.
        pipeline: Its evaluation settings say what must be scored.
        candidate: Digest of the model to judge.
        against: Digest of the model to compare with; None for baselines alone.

    Raises:
        InputError: A model has no scores of its present predictions on the present crops.
    """
    compared = [candidate, *([against] if against else [])]
    jittered = [jittered_name(model, jitter) for model in compared for jitter in pipeline.evaluation.jitters]
    models = [*compared, *REFERENCES, *jittered]
    for model in models:
        _check_scored(lake, pipeline, model)
    return Inputs(
        candidate,
        against,
        lake.snapshot("crops").content,
        {model: lake.snapshot("scores", part={"model": model}).content for model in models},
        lake.snapshot("scores").snapshot_id,
    )


def reach_verdict(lake: Lake, gates: Gates, inputs: Inputs) -> str:
    """Return the verdict document over the scores as of the inputs' snapshot: judging and replaying are this alone."""
    metrics = sorted({rule.metric for rule in gates.rules})
    scores = read_paired(lake, list(inputs.scores), metrics, as_of=inputs.scores_snapshot)
    return verdict_document(gates, inputs, judge_scores(gates, scores, inputs.candidate, inputs.champion))


def _check_scored(lake: Lake, pipeline: Pipeline, model: str) -> None:
    if not is_committed(lake, score_key(lake, pipeline, model), score_targets(model)):
        raise InputError(
            f"model {model[:24]} has no scores of its present predictions on the present crops; run "
            f"`centrepiece predict` and `centrepiece score` with --model {model[:12]}"
        )


def verdict_row(document: str) -> Verdict:
    """Return the row of `verdicts` that holds a verdict document, judged now."""
    found = json.loads(document)
    return Verdict(
        verdict_id=verdict_id(document),
        candidate=found["inputs"]["candidate"],
        champion=found["inputs"]["champion"],
        outcome=found["outcome"],
        document=document,
        judged_at=datetime.now(UTC),
    )


def verdict_again(lake: Lake, record: PublicationRecord) -> Verdict:
    """Reach a verdict that was published once more, from the scores that its tag keeps.

    Args:
        lake: Holds the scores.
        record: Of the verdict's publication.

    Raises:
        ContractError: The scores are not kept, or lead to another verdict.
    """
    said, spec = record.report.details, record.preimage["spec"]
    scores = {model: content for model, content in record.preimage["inputs"].items() if model != "crops"}
    snapshot = tags(lake.state("scores")).get(verdict_tag(said["verdict_id"]))
    if snapshot is None:
        raise ContractError(f"the scores that verdict {said['verdict_id'][:16]} was reached from are not kept: restore it from a backup")
    inputs = Inputs(spec["candidate"], spec["champion"], record.preimage["inputs"]["crops"], scores, snapshot)
    again = verdict_row(reach_verdict(lake, Gates.model_validate(spec["gates"]), inputs))
    if again.verdict_id != said["verdict_id"]:
        raise ContractError(
            f"its scores lead to verdict {again.verdict_id[:16]} instead of {said['verdict_id'][:16]}: restore it from a backup"
        )
    return replace(again, judged_at=datetime.fromisoformat(said["judged_at"]))


def verdict_tag(verdict: str) -> str:
    """Return the tag that keeps the scores that a verdict was reached from.

    Args:
        verdict: Its id.
    """
    return f"verdict-{verdict[:16]}"


def verdict_details(verdict: Verdict) -> dict[str, Any]:
    """Return what a report says of a verdict: its outcome, what it speaks of, and what fails."""
    document = json.loads(verdict.document)
    return {
        "outcome": verdict.outcome,
        "verdict_id": verdict.verdict_id,
        "judged_at": verdict.judged_at.isoformat(),
        "candidate": verdict.candidate,
        "champion": verdict.champion,
        "rules": len(document["gates"]["rules"]),
        "results": len(document["results"]),
        "failing": document["failing"],
    }


def _last_verdict(lake: Lake, candidate: str) -> Verdict | None:
    """Return the newest verdict on a model, if there is one."""
    if not lake.has("verdicts"):
        return None
    rows = lake.read("verdicts", where={"candidate": candidate}).sort_by("judged_at").to_pylist()
    return Verdict(**rows[-1]) if rows else None
