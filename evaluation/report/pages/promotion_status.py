"""Say in a few sentences what became of a candidate, or can become of it."""

from collections.abc import Sequence
from datetime import datetime

from evaluation.gate.documents import Inputs
from evaluation.gate.registry import Event

_REFUSED = {
    "FAIL": "It will not be promoted. The strata below say where it is worse, the worst crops how.",
    "INCONCLUSIVE": "It will not be promoted. More test crops in these strata would decide; see centrepiece judge PIPELINE --plan.",
}


def promotion_status(outcome: str, verdict_id: str, inputs: Inputs, history: Sequence[Event]) -> str:
    """Say where a judged candidate stands in the registry, as text.

    Args:
        outcome: Of the verdict: PASS, FAIL or INCONCLUSIVE.
        verdict_id: Its digest.
        inputs: The candidate, and the champion that it was compared with.
        history: Every change of the champion, oldest first; the n-th one made version n.
    """
    versions = [version for version, event in enumerate(history, 1) if event.model == inputs.candidate]
    if not versions:
        return _prospect(outcome, inputs, history)
    version = versions[-1]
    event = history[version - 1]
    instead = f", in place of model {event.before[:12]}" if event.before else ""
    became = f"version {version} on {_at(event.at)}{instead}, {_way(event, verdict_id)}"
    if version == len(history):
        return f"It is the champion: it became {became}."
    successor = history[version]
    left = f"version {version + 1}, model {successor.model[:12]}, took its place on {_at(successor.at)}"
    return f"It was the champion: it became {became}; {left}. {_prospect(outcome, inputs, history)}"


def _prospect(outcome: str, inputs: Inputs, history: Sequence[Event]) -> str:
    if outcome != "PASS":
        return _REFUSED[outcome]
    present = history[-1].model if history else None
    if present == inputs.champion:
        return "It can be promoted: centrepiece promote PIPELINE, then centrepiece report PIPELINE."
    return f"The champion is model {str(present)[:12]} by now: judge the candidate against it before it can be promoted."


def _way(event: Event, verdict_id: str) -> str:
    if event.action == "rollback":
        return "by a rollback"
    if event.action == "override":
        return f"whatever its verdict, because: {event.reason}"
    return "promoted by this verdict" if event.verdict_id == verdict_id else f"promoted by verdict {str(event.verdict_id)[:16]}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"
