"""Writes the reference of reject reasons from `lake.reasons`."""

from infra.docs.comments import sections, trailing_comments
from infra.docs.markdown import code, page, table
from lake.reasons import Reason


def reason_meanings() -> dict[str, str]:
    """Return what each reason means."""
    comments = trailing_comments(Reason)
    return {reason.value: comments.get(reason.name, "") for reason in Reason}


def rejects_page() -> str:
    """Return the page of all reasons, by stage."""
    intro = (
        "What a stage does not keep is a row of the table `rejects`, with one of these reasons. The list is closed: rows in are rows "
        "out plus rejects, and a stage that cannot account for every row publishes nothing."
    )
    meanings, headings = reason_meanings(), sections(Reason)
    parts = []
    for heading in dict.fromkeys(headings.values()):
        rows = [[code(reason.value), meanings[reason.value]] for reason in Reason if headings[reason.name] == heading]
        parts.append(f"## {heading[0].upper()}{heading[1:]}\n\n{table(['reason', 'what it was'], rows)}")
    return page("Reject reasons", intro, *parts)
