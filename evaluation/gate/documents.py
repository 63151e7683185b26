"""The verdict document in its canonical form: the same tables give the same bytes."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.gate.checks import CheckOutcome, worst
from evaluation.gate.gates import Gates
from evaluation.gate.verdicts import RuleResult
from lake.contracts import Verdict
from lake.digests import canonical_json, digest

DOCUMENT_VERSION = 2
_DIGITS = 9
"""Significant digits kept: sums may differ in the last bits between processors."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a verdict was reached from."""

    candidate: str
    champion: str | None
    crops: str  # content digest
    scores: Mapping[str, str]  # content digest by model, baseline and ceiling
    scores_snapshot: int


def verdict_document(gates: Gates, inputs: Inputs, results: Sequence[RuleResult]) -> str:
    """Return a verdict as canonical JSON; its sha-256 is the verdict's id.

    The gates stand in it whole, so that a verdict replays after the file has changed.
    """
    document = {
        "version": DOCUMENT_VERSION,
        "outcome": outcome_of(results),
        "inputs": asdict(inputs),
        "gates": gates_in_document(gates),
        "results": [_as_json(result) for result in results],
        "failing": failing(results),
    }
    return canonical_json(rounded(document))


def gates_in_document(gates: Gates) -> Any:
    """Return gates as they stand in a verdict's document."""
    return rounded(gates.model_dump(mode="json"))


def verdict_id(document: str) -> str:
    """Return the digest that names and seals a verdict."""
    return digest("verdict", document)


def is_sealed(verdict: Verdict) -> bool:
    """Whether a stored verdict is what was judged: its id is its document's digest, and its columns say what the document says."""
    if verdict_id(verdict.document) != verdict.verdict_id:
        return False
    found = json.loads(verdict.document)
    said = (found["outcome"], found["inputs"]["candidate"], found["inputs"]["champion"])
    return said == (verdict.outcome, verdict.candidate, verdict.champion)


def outcome_of(results: Sequence[RuleResult]) -> CheckOutcome:
    """Return PASS only if every result passed, FAIL if any failed, else INCONCLUSIVE."""
    return worst(result.outcome for result in results)


def failing(results: Sequence[RuleResult]) -> list[dict[str, str]]:
    """Return what kept the candidate from passing: stratum, metric, outcome and why."""
    return [
        {"stratum": result.stratum, "metric": result.metric, "outcome": result.outcome, "why": result.why}
        for result in sorted(results, key=lambda result: result.outcome != "FAIL")
        if result.outcome != "PASS"
    ]


def rounded(value: Any) -> Any:
    """Round every float to nine significant digits; what JSON cannot hold (NaN, infinity) becomes null."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _as_json(result: RuleResult) -> dict[str, Any]:
    return {**asdict(result), "outcome": result.outcome, "why": result.why}
