"""Lay verdicts and plans out as tables for a terminal: nothing is cut off, and no name is taken for markup."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

MOST_ROWS = 40
_COLOURS = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}


def failing_table(failing: Sequence[Mapping[str, Any]]) -> Table:
    """Return what kept a candidate from passing, the first rows of it.

    Args:
        failing: Judged items with `stratum`, `outcome` (PASS, FAIL or INCONCLUSIVE), `why` and `metric`.
    """
    table = _table("stratum", "verdict", "why", "metric", title="not passing")
    for item in failing[:MOST_ROWS]:
        outcome = str(item["outcome"])
        table.add_row(escape(item["stratum"]), f"[{_COLOURS[outcome]}]{outcome}[/]", escape(item["why"]), escape(item["metric"]))
    if len(failing) > MOST_ROWS:
        table.caption = f"and {len(failing) - MOST_ROWS:,} more: see the report"
    return table


def plan_table(strata: Sequence[Mapping[str, Any]], assumed: Mapping[str, float]) -> Table:
    """Return what each stratum of the test crops can show, in points.

    Args:
        strata: One item a stratum: counts, the margin and the smallest visible drop as shares, 0 to 1.
        assumed: Power, level alpha, standard deviation and design effect that were reckoned with.
    """
    small = sum(not row["enough"] for row in strata)
    table = _table("stratum", "metric", "crops", "needed", "margin", "visible drop", "", title="can the gates tell?")
    for row in strata:
        visible = "none" if row["smallest_visible_drop"] is None else f"{100 * row['smallest_visible_drop']:.1f}"
        counts = (f"{row['instances']:,}", f"{row['needed']:,}", f"{100 * row['margin']:.1f}", visible)
        table.add_row(
            escape(row["stratum"]), escape(row["metric"]), *counts, "[green]enough[/]" if row["enough"] else "[yellow]too small[/]"
        )
    table.caption = (
        f"{small:,} of {len(strata):,} too small. Margins and drops in points; a drop is visible with power {assumed['power']:g} at level "
        f"{assumed['alpha']:g}, if differences vary as measured ({assumed['deviation']:g}, design effect {assumed['design_effect']:g})."
    )
    return table


def _table(*headings: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
