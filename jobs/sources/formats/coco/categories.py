"""The categories of a COCO document, and which label a `category_id` stands for."""

from collections.abc import Mapping
from typing import Any

from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import list_at, nonempty_text, parse_json, whole_number
from lake.errors import InputError
from lake.reasons import Reason

MOST_CATEGORIES = 100_000

Categories = Mapping[int, tuple[str, ...]]
"""The names of each category by id: one, unless it has no usable name, or is listed again under another."""


def categories_of(data: MappedBytes, span: tuple[int, int] | None, where: str) -> Categories:
    """Read the categories' names by id.

    Args:
        data: (N,) uint8, the document.
        span: Where the list of categories begins and ends, in bytes; None where there is none.
        where: What to call the document in messages.

    Raises:
        InputError: There are too many categories, or their list is no JSON.
    """
    if span is None:
        return {}
    found = parse_json(data[span[0] : span[1]].tobytes(), f"{where}, categories")
    names: dict[int, tuple[str, ...]] = {}
    for category in list_at({"categories": found}, "categories"):
        number = whole_number(category.get("id")) if isinstance(category, dict) else None
        if number is not None:
            earlier, name = names.get(number, ()), nonempty_text(category.get("name"))
            names[number] = earlier if name is None or name in earlier else (*earlier, name)
    if len(names) > MOST_CATEGORIES:
        raise InputError(f"{where} has {len(names):,} categories; at most {MOST_CATEGORIES:,} are read")
    return names


def label_of(categories: Categories, category_id: Any) -> str | tuple[Reason, str]:
    """Return the label that a record's `category_id` stands for, or why it stands for none.

    Args:
        categories: Of the document.
        category_id: As it is parsed.
    """
    number = whole_number(category_id)
    if number is None or number not in categories:
        return Reason.UNKNOWN_CATEGORY, f"category_id {str(category_id)[:80]} is not in the list of categories"
    names = categories[number]
    if not names:
        return Reason.EMPTY_LABEL, f"category {number} has no name"
    if len(names) > 1:
        listed = ", ".join(repr(name[:80]) for name in names[:4])
        return Reason.UNKNOWN_CATEGORY, f"category {number} is listed {len(names)} times under different names: {listed}"
    return names[0]
