"""The page shows what was found: every rule and, of one that is broken, how many rows break it and some of them."""

import html
import re

import numpy as np
import pytest

from jobs.quality.page import render_page
from jobs.quality.rules import RULES
from jobs.quality.violations import Violations, columns_of, find_violations
from tests.support.checked_rows import sound_rows


def found_in(table: str, *changes: dict[str, object]) -> Violations:
    return find_violations(table, sound_rows(table, *changes).select(columns_of(table)), np.empty(0, np.uint64))


def text_of(page: str) -> str:
    """Return what a page shows, without its styles and scripts."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL))).split())


@pytest.mark.parametrize("table", sorted(RULES))
def test_a_page_shows_every_rule_that_was_met(table: str) -> None:
    page = render_page(found_in(table, {}, {}), "a" * 64)
    shown = text_of(page)
    assert "Status: Succeeded" in shown
    assert f"Evaluated Expectations {len(RULES[table])} Successful Expectations {len(RULES[table])} " in shown
    assert "unexpected values found" not in shown
    assert f"stage_key {'a' * 64}" in shown
    for rule in RULES[table]:
        assert f"{rule.name}: {rule.expected} 0% unexpected" in shown


def test_a_page_names_rows_that_break_a_rule_and_trusts_none_of_their_texts() -> None:
    label, reference = " \t", "<script>alert('$x')</script> & $column"
    page = render_page(found_in("annotations", {}, *[{"label": label, "source_ref": reference}] * 7), "b" * 64)
    shown = text_of(page)
    assert "Status: Failed" in shown
    assert "7 unexpected values found. 87.5% of 8 total rows." in shown
    assert shown.count(f"source_ref {reference!r}, label {label!r}") == 5
    assert "<script>alert" not in page


def test_rendering_leaves_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        render_page(found_in("annotations", {}, {"area": 7}), "a" * 64)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
