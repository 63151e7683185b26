"""Which command makes a damaged file of a table again."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from lake.publishing.parts import part_of

_WRITERS: Mapping[str, str] = MappingProxyType(
    {
        "images": "ingest",
        "annotations": "ingest",
        "instances": "label",
        "balance": "balance",
        "plan": "balance",
        "crops": "crop",
        "models": "fit",
        "predictions": "predict",
        "scores": "score",
        "verdicts": "judge",
    }
)
"""Table to the stage that writes it; the part of a file of `rejects` names the stage."""
_SHOWN = 12
"""Digits of a model that a command names."""


def mend_of(path: str) -> str:
    """Say how a file of a table is made again: by a command, where what it was made from is still there.

    Decisions of people (`withdrawals`) follow from nothing: they are restored.

    Args:
        path: Relative to the store's root, as `ShardLocation` makes it.
    """
    _, table, _, *parts = [*path.split("/")[:-1], "", "", ""]
    part = part_of("/".join(term for term in parts if "=" in term) or "*")
    stage = part["stage"] if table == "rejects" and "stage" in part else _WRITERS.get(table, "")
    if not stage:
        return ""
    model = (part.get("model") or (part.get("source", "") if stage == "score" else "")).partition("@")[0]
    options = ""
    if stage == "ingest" and "source" in part:
        options = f" --source {part['source']}"
    elif stage in ("predict", "score") and len(model) == 64:
        options = f" --model {model[:_SHOWN]}"
    return f"`centrepiece {stage} PIPELINE{options} --redo`"


def mends_of(paths: Iterable[str]) -> str:
    """Return the commands that make some files again, each once, in words."""
    return ", ".join(dict.fromkeys(filter(None, (mend_of(path) for path in sorted(paths)))))
