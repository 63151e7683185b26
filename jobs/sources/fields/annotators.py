"""Pseudonyms of annotators: their names and e-mail addresses are not stored."""

from lake.digests import digest

_LENGTH = 16


def pseudonym(tool: str, who: object) -> str | None:
    """Return a digest that stands for an annotator, equal for equal names within a tool; None for nobody."""
    if isinstance(who, dict):
        who = who.get("id") or who.get("email") or who.get("username")
    if not isinstance(who, str | int) or isinstance(who, bool) or who == "":
        return None
    return digest("annotator", tool, who)[:_LENGTH]
