"""What to install when a package of an extra is missing: which extra holds which package, in one place."""

from collections.abc import Mapping
from types import MappingProxyType

from lake.errors import MissingPackageError

EXTRA_OF: Mapping[str, str] = MappingProxyType(
    {
        "great_expectations": "quality",
        "httpx": "flows",
        "lightning": "train",
        "onnx": "train",
        "onnxruntime": "train",
        "onnxscript": "train",
        "pandas": "spark",
        "prefect": "flows",
        "py4j": "spark",
        "pyspark": "spark",
        "safetensors": "train",
        "torch": "train",
        "uvicorn": "serve",
    }
)
"""Importable package to the extra of centrepiece that brings it."""


def missing_package_error(error: ModuleNotFoundError, doing: str = "this command") -> MissingPackageError | None:
    """Return the error that says which extra to install; None where what is missing is of no extra.

    Args:
        error: What the import raised.
        doing: What needs the package, e.g. a stage; the message begins with it.
    """
    package = (error.name or "").split(".")[0]
    extra = EXTRA_OF.get(package)
    return None if extra is None else MissingPackageError(f"{doing} needs {package!r}: pip install 'centrepiece[{extra}]'")
