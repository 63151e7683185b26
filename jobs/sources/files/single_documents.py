"""Exports of one JSON document an image: each document is a unit."""

from collections.abc import Iterator
from typing import Any

from jobs.sources.files.exports import LARGEST_DOCUMENT, Export
from jobs.sources.files.json_documents import parse_json
from jobs.sources.records import Rejected, Unit, part_ref
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 16  # objects that one document is expected to hold


def document_units(export: Export) -> Iterator[Unit]:
    """Yield one unit for each JSON file of the export.

    Raises:
        InputError: There is none.
    """
    for entry in export.documents(".json"):
        yield Unit(entry.path, None, weight=_WEIGHT)


def read_document(export: Export, unit: Unit) -> bytes:
    """Return a unit's document.

    Raises:
        InputError: It is gone, too large or cannot be read.
    """
    try:
        return export.annotations.read(unit.name, LARGEST_DOCUMENT)
    except FileNotFoundError as error:
        raise InputError(str(error)) from None


def load_document(export: Export, unit: Unit, key: str) -> dict[str, Any] | Rejected:
    """Parse a unit's document.

    Args:
        export: The export.
        unit: From `document_units`.
        key: What a document of the format must hold.

    Returns:
        The document, or the one reject that stands for it.
    """
    ref = part_ref(unit.name, "document")
    try:
        document = parse_json(read_document(export, unit), unit.name)
    except InputError as error:
        return Rejected(ref, Reason.MALFORMED_RECORD, str(error))
    if not isinstance(document, dict) or key not in document:
        return Rejected(ref, Reason.MALFORMED_RECORD, f"expected a JSON object with the key {key!r}")
    return document


def document_bytes(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield a unit's document, for its digest."""
    try:
        yield read_document(export, unit)
    except InputError as error:
        yield str(error).encode()
