"""Writes the few forms of Markdown that reference pages are made of."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells are Markdown themselves, of one line each."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in line)} |" for line in lines) + "\n"


BAR = "&#124;"
"""A bar that does not end the cell of a table."""


def code(text: str) -> str:
    """Return text as inline code, also where it holds a bar."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<code>{escaped}</code>" if "|" in text else f"`{text}`"


def page(title: str, *parts: str) -> str:
    """Return a page: its title, then its parts."""
    return "\n".join([f"# {title}\n", *(part.rstrip("\n") + "\n" for part in parts)])
