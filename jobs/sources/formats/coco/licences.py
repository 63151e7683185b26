"""The licences of a COCO document's images: each names one of the list by its id."""

from collections.abc import Mapping
from typing import Any

from jobs.sources.fields.private_text import without_secrets
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import list_at, nonempty_text, parse_json, whole_number

LONGEST_LICENCE = 500
"""Characters of a licence that are kept."""


def licences_of(data: MappedBytes, span: tuple[int, int] | None, where: str) -> Mapping[int, str]:
    """Read the licences by id, each as its name with its address; an id that is listed twice stands for both.

    Args:
        data: (N,) uint8, the document.
        span: Where the list of licences begins and ends, in bytes; None where there is none.
        where: What to call the document in messages.

    Raises:
        InputError: The list is no JSON.
    """
    if span is None:
        return {}
    found: dict[int, str] = {}
    for record in list_at({"licenses": parse_json(data[span[0] : span[1]].tobytes(), f"{where}, licenses")}, "licenses"):
        number = whole_number(record.get("id")) if isinstance(record, dict) else None
        text = _text(record) if number is not None else ""
        if number is not None and text:
            earlier = found.get(number, text)
            found[number] = text if text == earlier else f"{earlier}; {text}"
    return {number: text[:LONGEST_LICENCE] for number, text in found.items()}


def licence_of(image: Mapping[str, Any], licences: Mapping[int, str]) -> str | None:
    """Return the licence that an image's record states: one of the list, or a text of its own; None where it states none.

    Args:
        image: The record.
        licences: Of its document, by id.
    """
    stated = image.get("license")
    number = whole_number(stated)
    text = nonempty_text(stated) if number is None else licences.get(number)
    return without_secrets(text)[:LONGEST_LICENCE] if text else None


def _text(record: Mapping[str, Any]) -> str:
    name, address = nonempty_text(record.get("name")), nonempty_text(record.get("url"))
    return f"{name} ({address})" if name and address else name or address or ""
