"""A judged candidate in, a new champion out: only with a PASS against the present champion, or with a recorded reason."""

import json
import time

from evaluation.documents import verdict_id
from evaluation.registry import CANDIDATE, Registry
from lake.configuration import Pipeline
from lake.contracts import Verdict
from lake.digests import digest
from lake.errors import ConfigurationError, GateRefusalError
from lake.lake import Lake, open_lake
from lake.stage_report import StageReport


def promote(pipeline: Pipeline, candidate: str | None = None, override: str | None = None) -> StageReport:
    """Make a candidate the champion by compare-and-swap against the champion that its verdict compared with.

    Args:
        pipeline: The pipeline.
        candidate: Digest; None is the registry's candidate. The present champion is left as it is.
        override: Why to promote without a PASS; kept in the registry's history.

    Raises:
        GateRefusalError: The newest verdict against the present champion is not a PASS, or there is none.
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
    verdict = _newest_verdict(lake, model, champion)
    if override is None:
        _require_pass(verdict, model, champion)
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


def _newest_verdict(lake: Lake, model: str, champion: str | None) -> Verdict | None:
    if not lake.has("verdicts"):
        return None
    rows = lake.read("verdicts", where={"candidate": model}).sort_by("judged_at").to_pylist()
    verdicts = [Verdict(**row) for row in rows if row["champion"] == champion]
    return verdicts[-1] if verdicts else None


def _require_pass(verdict: Verdict | None, model: str, champion: str | None) -> None:
    against = f"champion {champion[:12]}" if champion else "the floors (there is no champion yet)"
    if verdict is None:
        raise GateRefusalError(f"model {model[:12]} has no verdict against {against}; run `centrepiece judge` first")
    if verdict.verdict_id != verdict_id(verdict.document):
        raise GateRefusalError(f"verdict {verdict.verdict_id[:12]} does not match its document: it was altered; judge again")
    if verdict.outcome != "PASS":
        failing = json.loads(verdict.document)["failing"]
        reasons = "; ".join(f"{item['stratum']} ({item['metric']}): {item['why']}" for item in failing)
        raise GateRefusalError(f"verdict on {model[:12]} against {against} is {verdict.outcome}: {reasons}")


def _report(
    stage: str, champion: str, before: str | None, verdict: Verdict | None, *, skipped: bool, seconds: float, override: str | None = None
) -> StageReport:
    details = {"champion": champion, "before": before, "verdict_id": verdict.verdict_id if verdict else None, "override": override}
    return StageReport(stage, digest(stage, champion, before), skipped, 1, 1, {}, {}, seconds, details)
