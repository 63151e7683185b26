"""Texts and numbers in, escaped HTML out: the few elements that the report is made of."""

import html
import math
from collections.abc import Iterable, Sequence


def text(value: object) -> str:
    """Escape a value for HTML text and attributes."""
    return html.escape(str(value), quote=True)


def section(identity: str, title: str, *bodies: str) -> str:
    """Return a section with a heading that the page's navigation can link to."""
    return f'<section id="{text(identity)}"><h2>{text(title)}</h2>{"".join(bodies)}</section>'


def paragraph(content: str, kind: str = "") -> str:
    """Return a paragraph of escaped text."""
    return f'<p class="{text(kind)}">{text(content)}</p>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, identity: str = "", numbers_from: int = 1) -> str:
    """Return a table that scrolls inside its own box.

    Args:
        headings: Texts, escaped here.
        rows: Cells as HTML, escaped by the caller.
        identity: Of the table; the page's script makes tables with one sortable.
        numbers_from: First column that is set as numbers, to the right.
    """
    head = "".join(f'<th scope="col"{_number(place, numbers_from)}>{text(heading)}</th>' for place, heading in enumerate(headings))
    body = "".join(
        "<tr>" + "".join(f"<td{_number(place, numbers_from)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    marked = f' id="{text(identity)}"' if identity else ""
    return f'<div class="scroll" tabindex="0"><table{marked}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def number(value: float | None, digits: int = 3) -> str:
    """Write a number, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """Write a difference as points with its sign, or a dash."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:+.1f}"


def badge(outcome: str) -> str:
    """Return an outcome as a coloured word."""
    return f'<span class="badge {text(outcome.lower())}">{text(outcome)}</span>'


def figure(picture: str, caption: str) -> str:
    """Return a picture, given as HTML, with its caption, given as text."""
    return f"<figure>{picture}<figcaption>{text(caption)}</figcaption></figure>"


def _number(place: int, numbers_from: int) -> str:
    return ' class="number"' if place >= numbers_from else ""
