"""Read `pipeline.yaml`: secrets are taken from the environment, paths from the file's folder, and every fault is told."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lake.addresses import SECRET_NAME, with_secrets
from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from lake.redaction import redacted
from lake.strict_yaml import read_yaml
from lake.validation_errors import explain

_SECRETS = ("catalog", "database")


def load_pipeline(path: str | Path) -> Pipeline:
    """Read and validate a pipeline file; relative paths are taken from the file's folder.

    Raises:
        ConfigurationError: The file is missing, is not YAML, has an unknown key or an invalid value.
    """
    path = Path(path).resolve()
    document = read_yaml(path)
    try:
        pipeline = Pipeline.model_validate(_resolve(document, path))
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error, Pipeline)}") from None
    return pipeline


def _resolve(document: dict[str, Any], path: Path) -> dict[str, Any]:
    folder = path.parent
    _refuse_references(document, path)
    resolved = dict(document)
    for key in _SECRETS:
        if isinstance(resolved.get(key), str):
            resolved[key] = _secret(resolved[key], key, path)
    for key in ("taxonomy", "label_maps", "gates", "store"):
        if isinstance(resolved.get(key), str):
            resolved[key] = _absolute(resolved[key], folder)
    if isinstance(resolved.get("sources"), list):
        resolved["sources"] = [
            {
                key: _absolute(value, folder) if key in ("annotations", "images", "classes") and value else value
                for key, value in source.items()
            }
            if isinstance(source, dict)
            else source
            for source in resolved["sources"]
        ]
    return resolved


def _absolute(value: Any, folder: Path) -> Any:
    if not isinstance(value, str) or "://" in value:
        return value
    try:
        return str((folder / value).resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a NUL, a loop of links, a name that is too long
        raise ConfigurationError(f"{redacted(value[:100])!r} is no path: {getattr(error, 'strerror', None) or error}") from None


def _secret(value: str, key: str, path: Path) -> str:
    def value_of(name: str) -> str:
        if name not in os.environ:
            raise ConfigurationError(f"{path}: {key} names the environment variable {name!r}, which is not set")
        return os.environ[name]

    return with_secrets(value, value_of)


def _refuse_references(document: dict[str, Any], path: Path) -> None:
    pending: list[tuple[str, Any]] = [(key, value) for key, value in document.items() if key not in _SECRETS]
    while pending:
        where, value = pending.pop()
        if isinstance(value, dict):
            pending.extend((f"{where}.{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((f"{where}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, str) and SECRET_NAME.search(value):
            raise ConfigurationError(
                f"{path}: {where} holds {redacted(value[:100])!r}; ${{…}} is for secrets only, which means the keys {', '.join(_SECRETS)}"
            )
