"""Promote: a candidate that passed its gates becomes the champion, by compare-and-swap against the one it was compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.gate.promote import promotable_verdict, promotion_details
from evaluation.gate.registry import CANDIDATE, Registry
from lake.digests import StageKey
from lake.errors import ConfigurationError
from lake.publishing.stage_report import StageReport
from stages.stage import Computed, Publication, Run, Stage


@dataclass(frozen=True, slots=True)
class _Change:
    registry: Registry
    model: str
    champion: str | None  # before


def _change(run: Run) -> Iterator[_Change]:
    override = run.arguments["override"]
    if override is not None and not override.strip():
        raise ConfigurationError("an override needs a reason in words; it is kept in the registry's history")
    registry = Registry(run.lake.database_url)
    yield _Change(registry, registry.resolve(run.arguments["candidate"] or CANDIDATE), registry.champion())


def _inputs(_run: Run, change: _Change) -> dict[str, str]:
    return {"champion": change.champion or ""}


def _spec(run: Run, change: _Change) -> dict[str, Any]:
    return {"model": change.model, "override": run.arguments["override"]}


def _committed(_run: Run, change: _Change, key: StageKey) -> StageReport | None:
    if change.champion != change.model:
        return None
    return StageReport("promote", key, True, 1, 1, details=promotion_details(change.model, None))


def _compute(run: Run, change: _Change, _publication: Publication) -> Computed:
    """Change the champion.

    Raises:
        GateRefusalError: No PASS speaks of the present champion, crops, scores and gates, and no override gives a reason.
        ChampionChangedError: Another model became the champion meanwhile.
    """
    override = run.arguments["override"]
    verdict = promotable_verdict(run.pipeline, run.lake, change.model, change.champion, override=override is not None)
    verdict_id = verdict.verdict_id if verdict else None
    change.registry.promote(change.model, compared_with=change.champion, verdict_id=verdict_id, reason=override)
    return Computed(rows_in=1, rows_out=1, details=promotion_details(change.model, change.champion, verdict, override))


PROMOTE = Stage(
    name="promote",
    version=1,
    reads=(),
    arguments=("candidate", "override"),
    parts=_change,
    inputs=_inputs,
    targets=(),
    spec=_spec,
    committed=_committed,
    compute=_compute,
)
