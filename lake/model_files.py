"""The files of registered models: where they stand, and which of them are gone, changed, or of no model."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from lake.lake import Lake

MODELS_FOLDER = "models"


def model_folder(model: str) -> str:
    """Return the folder of a model's files, relative to the store's root."""
    return f"{MODELS_FOLDER}/{model}"


def missing_weights(lake: Lake) -> list[str]:
    """Return the paths of weights that a registered model names and that are not in the store."""
    return sorted(path for path in _weights(lake) if not lake.store.exists(path))


def registered_weights(lake: Lake) -> dict[str, str]:
    """Return the sha-256 on record of every registered model's weights that are in the store, by path."""
    return {path: sha256 for path, sha256 in sorted(_weights(lake).items()) if lake.store.exists(path)}


def unregistered_files(lake: Lake) -> list[str]:
    """Return the paths of files in folders of models that no registered model has."""
    known = {str(PurePosixPath(path).parent) for path in _weights(lake)}
    return [path for path in lake.store.list(MODELS_FOLDER) if str(PurePosixPath(path).parent) not in known]


def _weights(lake: Lake) -> dict[str, str]:
    return dict(_rows(lake)) if lake.has("models") else {}


def _rows(lake: Lake) -> Iterator[tuple[str, str]]:
    for batch in lake.batches("models", columns=["weights", "weights_sha256"]):
        yield from zip(batch.column("weights").to_pylist(), batch.column("weights_sha256").to_pylist(), strict=True)
