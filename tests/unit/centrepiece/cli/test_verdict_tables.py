"""Verdicts and plans on a terminal: nothing is cut off, and a name is never markup."""

import io

from rich.console import Console
from rich.table import Table

from centrepiece.cli.verdict_tables import MOST_ROWS, failing_table, plan_table

LONG = "domain=everyday/class=a-very-long-class-name-that-no-column-holds/size=small"


def printed(table: Table, width: int = 80) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(table)
    return text.getvalue()


def cell_text(text: str, column: int) -> str:
    return "".join(line.split("│")[column + 1].strip() for line in text.splitlines() if line.startswith("│"))


def test_a_long_stratum_is_folded_not_cut() -> None:
    row = {"stratum": LONG, "metric": "edge_overlap_f_r2@worst", "instances": 71, "needed": 1280, "margin": 0.02, "enough": False}
    assumed = {"power": 0.8, "alpha": 0.05, "deviation": 0.128, "design_effect": 1.28}
    text = printed(plan_table([{**row, "smallest_visible_drop": None}], assumed))
    assert cell_text(text, 0) == LONG
    assert cell_text(text, 1) == "edge_overlap_f_r2@worst"
    assert (cell_text(text, 3), cell_text(text, 4), cell_text(text, 5)) == ("1,280", "2.0", "none")
    assert "1 of 1 too small" in " ".join(text.split())


def test_a_name_is_no_markup_and_a_long_list_says_what_it_leaves_out() -> None:
    item = {"stratum": "class=[red]cat[/red]", "outcome": "FAIL", "why": "lost [bold]all[/]", "metric": "iou"}
    text = printed(failing_table([item] * (MOST_ROWS + 7)), width=120)
    assert text.count("class=[red]cat[/red]") == MOST_ROWS
    assert "lost [bold]all[/]" in text and "and 7 more" in text
