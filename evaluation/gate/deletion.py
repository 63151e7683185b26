"""Deletes models: their weights, their rows and the tags that keep what they were trained and judged on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from evaluation.gate.judge import verdict_tag
from evaluation.gate.registry import CANDIDATE, CHAMPION, PREVIOUS, Registry
from lake.digests import stage_key
from lake.errors import ModelError
from lake.lake import Lake
from lake.model_files import model_folder
from lake.publishing.publish import Output, publish_stage
from lake.publishing.reading import open_parquet
from lake.publishing.records import publication_of

_KEPT_AS: Mapping[str, str] = MappingProxyType({CHAMPION: "the champion", PREVIOUS: "the one to roll back to", CANDIDATE: "the candidate"})


@dataclass(frozen=True, slots=True)
class Deletion:
    """What went with a model; `centrepiece gc` frees what the tags kept."""

    model: str
    tags: tuple[str, ...]  # of crops and scores
    removed: Mapping[str, int]  # bytes of its files by path

    def as_json(self) -> dict[str, Any]:
        """Return the deletion as plain JSON values."""
        return asdict(self)


def delete_model(lake: Lake, model: str, *, force: bool = False) -> Deletion:
    """Delete a model; a deletion that was interrupted is completed by the next.

    Its verdicts stay as they were given; they cannot be replayed any more.

    Args:
        lake: That it is registered in.
        model: Its digest, an unambiguous prefix of it, or an alias.
        force: Also where it is the candidate, or the one to roll back to.

    Raises:
        ModelError: There is no such model, it is the champion, or it may be needed and `force` is not given.
    """
    registry = Registry(lake.database_url)
    digest = registry.resolve(model)
    roles = [_KEPT_AS[alias] for alias, named in registry.aliases().items() if named == digest]
    if _KEPT_AS[CHAMPION] in roles:
        raise ModelError(f"model {digest[:12]} is the champion and is not deleted; promote or roll back to another one first")
    if roles and not force:
        raise ModelError(f"model {digest[:12]} is {' and '.join(roles)}; give --force to delete it all the same")
    untagged = _free_tags(lake, digest)
    _remove_row(lake, digest)
    removed = {entry.path: entry.size for entry in lake.store.entries(model_folder(digest))}
    for path in removed:
        lake.store.delete(path)
    registry.forget(digest)
    return Deletion(digest, tuple(untagged), removed)


def prune_models(lake: Lake, *, keep: int) -> list[Deletion]:
    """Delete the oldest models, so that the newest `keep` are left, and beside them those that an alias names.

    Args:
        lake: That they are registered in.
        keep: How many, >= 0.
    """
    registry = Registry(lake.database_url)
    older = registry.models()[: -keep or None]
    named = set(registry.aliases().values())
    return [delete_model(lake, model) for model in older if model not in named]


def _free_tags(lake: Lake, model: str) -> list[str]:
    freed = []
    rows = lake.read("models", columns=["model", "crops_tag"]).to_pylist() if lake.has("models") else []
    still_needed = {row["crops_tag"] for row in rows if row["model"] != model}
    for tag in sorted({row["crops_tag"] for row in rows if row["model"] == model} - still_needed):
        freed += [tag] if lake.untag("crops", tag) else []
    verdicts = lake.read("verdicts", columns=["verdict_id"], where={"candidate": model}) if lake.has("verdicts") else None
    for verdict in verdicts.column("verdict_id").to_pylist() if verdicts is not None else ():
        freed += [verdict_tag(verdict)] if lake.untag("scores", verdict_tag(verdict)) else []
    return freed


def _remove_row(lake: Lake, model: str) -> None:
    for file in lake.files("models") if lake.has("models") else ():
        with open_parquet(lake.store, file.path) as opened:
            held = opened.read(columns=["model"]).column("model").to_pylist()
        if held == [model]:
            publication = publication_of(file.path)
            key = stage_key("delete", inputs={"model": model, "publication": publication}, spec={})
            lake.location("models", key)
            outputs = [Output("models", {}, [], "append")]
            publish_stage(lake, stage="delete", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs, instead_of=publication)
