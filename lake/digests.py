"""Digests of values, the same on every machine: keys of rows, stages and specs."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from lake.contracts import CONTRACT_VERSION

FOLDER_DIGITS = 16
"""Digits of a stage key that name the folder of its files and of its records; a redo changes these alone."""


def canonical_json(value: Any) -> str:
    """Write a JSON value in its one canonical form: sorted keys, no spaces, UTF-8, no NaN."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(*parts: Any) -> str:
    """Return the sha-256 of the canonical JSON of `parts`, as 64 hexadecimal characters."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()


class StageKey(str):
    """A stage key that still knows what it is a digest of, so that a publication can record its lineage."""

    preimage: Mapping[str, Any]


def stage_key(stage: str, *, inputs: Mapping[str, str], spec: Any, version: int = 1) -> StageKey:
    """Return the key under which a stage publishes.

    Args:
        stage: The stage's name.
        inputs: Content digest of every input, by name.
        spec: The settings that the stage's result depends on.
        version: Of the stage's code; raised when the same inputs and spec give other rows.
    """
    key = StageKey(digest("stage", stage, dict(inputs), spec, version, CONTRACT_VERSION))
    key.preimage = {
        "stage": stage,
        "inputs": dict(inputs),
        "spec": _plain(spec),
        "version": version,
        "contract": CONTRACT_VERSION,
    }
    return key


def redo_key(standing: str, preimage: Mapping[str, Any]) -> StageKey:
    """Return the key under which a publication is made again beside its damaged self: its files lie in another folder.

    Args:
        standing: The key under which it stands.
        preimage: What that is a digest of.
    """
    key = StageKey(digest("redo", standing)[:FOLDER_DIGITS] + standing[FOLDER_DIGITS:])
    key.preimage = preimage
    return key


def is_same_work(one: str, other: str) -> bool:
    """Whether two stage keys are of the same inputs, settings and code: equal, or one made again for the other."""
    return one[FOLDER_DIGITS:] == other[FOLDER_DIGITS:]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    return value
