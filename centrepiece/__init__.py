"""The Python API, for notebooks and training loops.

    import centrepiece

    store = centrepiece.connect("./store")                    # the tables of a store
    store.sql("SELECT split, count(*) FROM crops GROUP BY split")
    for batch in store.batches("crops", columns=["crop_id", "pixels"], where={"split": "train"}):
        ...

    nightly = centrepiece.open_pipeline("pipeline.yaml")      # the same, and the stages
    nightly.run("label")

Importing it is fast: no engine is loaded before something needs it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from centrepiece.connection import Connection, PipelineConnection

__all__ = ["__version__", "connect", "open_pipeline"]

__version__: str


def connect(store: str, *, catalog: str | None = None, name: str = "centrepiece", database: str | None = None) -> "Connection":
    """Open the tables of a store for reading.

    Args:
        store: A local folder, or `s3://bucket/prefix`.
        catalog: Address of the Iceberg catalog: `sqlite:///…`, `postgresql+psycopg://…`, `https://…` (REST) or `glue://`; None
            is the SQLite file inside a local store.
        name: Namespace of the tables where the store is new; a store keeps the one that it began with.
        database: SQLAlchemy URL of the database for leases and the model registry, where the catalog is no SQL database.

    Raises:
        ConfigurationError: An address cannot be used.
        UnreachableError: What is at an address does not answer, or refuses the credentials.
    """
    from centrepiece.connection import Connection
    from lake.lake import connect_lake

    return Connection(connect_lake(store, catalog=catalog, name=name, database=database))


def open_pipeline(path: "str | Path") -> "PipelineConnection":
    """Open the tables of a pipeline for reading, and its stages for running.

    Args:
        path: The pipeline's YAML file.

    Raises:
        ConfigurationError: The file is missing, is not YAML, has an unknown key or an invalid value.
        UnreachableError: The store or the catalog does not answer, or refuses the credentials.
    """
    from centrepiece.connection import PipelineConnection
    from lake.lake import open_lake
    from lake.pipeline_file import load_pipeline

    pipeline = load_pipeline(path)
    return PipelineConnection(open_lake(pipeline), pipeline)


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module 'centrepiece' has no attribute {name!r}")
    from importlib.metadata import version

    return version("centrepiece")
