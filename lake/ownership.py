"""Which pipeline a store belongs to: two on one store would overwrite each other's plan, crops and models."""

import orjson

from lake.configuration import Pipeline
from lake.errors import ConfigurationError
from lake.storage.store import Store

OWNER_FILE = "pipeline.json"
"""In the root of a store: the name of the pipeline whose stages write to it."""


def claim_store(store: Store, pipeline: Pipeline) -> None:
    """Make a store a pipeline's own, the first time that one of its stages runs there.

    Args:
        store: The pipeline's.
        pipeline: Whose name goes on record.

    Raises:
        ConfigurationError: The store is another pipeline's, or its record is damaged.
    """
    if not store.exists(OWNER_FILE):
        store.create(OWNER_FILE, orjson.dumps({"name": pipeline.name}) + b"\n")
    check_owner(store, pipeline)


def check_owner(store: Store, pipeline: Pipeline) -> None:
    """Check that a store is nobody's or a pipeline's own.

    Args:
        store: The pipeline's.
        pipeline: Of the name that should be on record.

    Raises:
        ConfigurationError: The store is another pipeline's, or its record is damaged.
    """
    if not store.exists(OWNER_FILE):
        return
    try:
        owner = str(orjson.loads(store.read_bytes(OWNER_FILE))["name"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ConfigurationError(f"{store.uri(OWNER_FILE)} is damaged: expected a JSON object with 'name'; write it again") from None
    if owner != pipeline.name:
        raise ConfigurationError(
            f"store {store.root!r} belongs to pipeline {owner!r}, and pipeline {pipeline.name!r} would overwrite its plan and crops: give "
            f"it a `store` of its own; if it is the same pipeline under a new name, delete {store.uri(OWNER_FILE)}"
        )
