"""The few HTML elements that the report is made of, their texts escaped."""

import html
import math
from collections.abc import Iterable, Sequence


def text(value: object) -> str:
    """Escape a value for HTML text and attributes."""
    return html.escape(str(value), quote=True)


def name(value: object, told: str = "") -> str:
    """Return a name from outside: whatever its script and length, it stays in its place and is whole in its tooltip.

    Args:
        value: The name.
        told: What else the tooltip says.
    """
    tooltip = f"{value}: {told}" if told else str(value)
    return f'<bdi class="name" title="{text(tooltip)}">{text(value)}</bdi>'


def section(identity: str, title: str, *bodies: str) -> str:
    """Return a section that folds away, with a heading that the page's navigation can link to."""
    heading = f"<summary><h2>{text(title)}</h2></summary>"
    return f'<section id="{text(identity)}"><details open>{heading}{"".join(bodies)}</details></section>'


def paragraph(content: str, kind: str = "") -> str:
    """Return a paragraph of escaped text."""
    return f'<p class="{text(kind)}">{text(content)}</p>' if kind else f"<p>{text(content)}</p>"


def folded(title: str, *bodies: str) -> str:
    """Return what is shown only when asked for."""
    return f'<details class="more"><summary>{text(title)}</summary>{"".join(bodies)}</details>'


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    identity: str = "",
    numbers_from: int = 1,
    groups: Sequence[str] = (),
) -> str:
    """Return a table that scrolls inside its own box; each row is headed by its first cell.

    Args:
        headings: Texts, escaped here.
        rows: Cells as HTML, escaped by the caller.
        caption: What the table is, for those who do not see it.
        identity: Of the table; the page's script makes tables with one sortable.
        numbers_from: First column that is set as numbers, to the right.
        groups: One a row: what the page's script can narrow the rows to.
    """
    head = "".join(
        f'<th scope="col"{_number(place, numbers_from)}>{_heading(heading, sortable=bool(identity))}</th>'
        for place, heading in enumerate(headings)
    )
    body = "".join(_row(row, numbers_from, groups[place] if groups else "") for place, row in enumerate(rows))
    marked = f' id="{text(identity)}"' if identity else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table{marked}>'
        f'<caption class="unseen">{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def tools(identity: str, *, rows: int, groups: Sequence[str], verdicts: bool) -> str:
    """Return the search field, the choice of a group and the count above a table of strata.

    Args:
        identity: Of the table.
        rows: In it.
        groups: To choose from, in order.
        verdicts: Whether its second column holds verdicts that rows can be narrowed by.
    """
    options = "".join(f'<option value="{text(group)}">{text(group)}</option>' for group in dict.fromkeys(groups))
    failing = f'<label><input type="checkbox" data-only-failing="{identity}"> not passing only</label>' if verdicts else ""
    return (
        f'<div class="tools" role="search"><label>Find a stratum <input type="search" data-filters="{identity}"></label>'
        f'<label>Sliced by <select data-group-of="{identity}"><option value="">everything</option>{options}</select></label>{failing}'
        f'<span data-count="{identity}" aria-live="polite">{rows:,} strata</span></div>'
    )


def number(value: float | None, digits: int = 3) -> str:
    """Write a number, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def span(lower: float, upper: float) -> str:
    """Write two bounds, or a dash where an interval has none."""
    return f"{number(lower)} to {number(upper)}" if math.isfinite(lower) and math.isfinite(upper) else "–"


def signed_span(lower: float, upper: float) -> str:
    """Write two bounds of a difference as points, or a dash where an interval has none."""
    return f"{signed(lower)} to {signed(upper)}" if math.isfinite(lower) and math.isfinite(upper) else "–"


def signed(value: float | None) -> str:
    """Write a difference as points with its sign, or a dash."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:+.1f}"


def badge(outcome: str) -> str:
    """Return an outcome as a coloured word."""
    return f'<span class="badge {text(outcome.lower())}">{text(outcome)}</span>'


def figure(image: str, caption: str) -> str:
    """Return an image, given as HTML, with its caption, given as text."""
    return f"<figure>{image}<figcaption>{text(caption)}</figcaption></figure>"


def _row(cells: Sequence[str], numbers_from: int, group: str) -> str:
    marked = f' data-group="{text(group)}"' if group else ""
    rest = "".join(f"<td{_number(place, numbers_from)}>{cell}</td>" for place, cell in enumerate(cells) if place)
    return f'<tr{marked}><th scope="row">{cells[0]}</th>{rest}</tr>'


def _heading(heading: str, *, sortable: bool) -> str:
    return f'<button type="button">{text(heading)}</button>' if sortable else text(heading)


def _number(place: int, numbers_from: int) -> str:
    return ' class="number"' if place >= numbers_from else ""
