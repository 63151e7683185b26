"""Models by the names that people use, and the models that a judgement needs scored."""

from evaluation.gate.registry import CANDIDATE, CHAMPION, Registry
from lake.configuration import Pipeline
from lake.errors import ModelError
from lake.lake import Lake, open_lake


def resolve_model(pipeline: Pipeline, model: str) -> str:
    """Return the digest of a model given by its digest, an unambiguous prefix of it, or an alias such as `candidate`.

    Raises:
        ModelError: No such model is registered.
    """
    return _registry(pipeline).resolve(model)


def models_to_score(pipeline: Pipeline) -> list[str]:
    """Return the digests that a judgement needs scored: the candidate, then the champion if it is another model."""
    registry = _registry(pipeline)
    candidate = registry.resolve(CANDIDATE)
    try:
        champion = registry.resolve(CHAMPION)
    except ModelError:
        return [candidate]
    return list(dict.fromkeys([candidate, champion]))


def register_models(lake: Lake) -> int:
    """Register every model of the table `models` that the registry does not know; return how many it did not."""
    if not lake.has("models"):
        return 0
    registry = Registry(lake.database_url)
    unknown = [row for row in lake.read("models", columns=["model", "name"]).to_pylist() if not registry.knows(row["model"])]
    for row in unknown:
        registry.register(row["model"], row["name"])
    return len(unknown)


def _registry(pipeline: Pipeline) -> Registry:
    return Registry(open_lake(pipeline).database_url)
