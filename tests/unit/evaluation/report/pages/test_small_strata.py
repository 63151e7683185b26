"""Strata of few crops are named in one line of their section, unless a gate asked for them."""

import re

from evaluation.report.pages.robustness import robustness_section
from evaluation.report.pages.strata import strata_section
from evaluation.report.pages.verdict import verdict_section
from tests.support.pages import METRIC, invented_verdict, robust_row, stratum_row

ROWS = [
    stratum_row("all", 900, 0.0),
    stratum_row("class=car", 19, 0.1),
    stratum_row("class=bus", 4, 0.1),
    stratum_row("class=cat", 20, 0.1),
]


def rows_of(section: str) -> list[str]:
    return re.findall(r'<th scope="row"><bdi class="name" title="([^":]*)', section)


def test_small_strata_are_folded_and_gated_ones_are_not() -> None:
    section = str(strata_section(ROWS, METRIC, "old", {"class=bus": ("INCONCLUSIVE", "few", 0.02)}, groups=["all", "c", "c", "c"]))
    assert rows_of(section) == ["all", "class=bus", "class=cat"]
    assert "1 stratum is too small to say anything: fewer than 20 crops or 5 images" in section
    assert section.count('data-group="c"') == 2 and ">class=car</bdi> (19)" in section


def test_robustness_folds_them_too_and_keeps_all_crops() -> None:
    rows = [robust_row(row.name, row.instances) for row in ROWS]
    section = str(robustness_section(rows, METRIC, ["new", "old"], groups=["all", "c", "c", "c"], floor=0.3))
    assert rows_of(section) == ["all", "class=cat"] and "2 strata are too small" in section


def test_the_checks_of_a_verdict_have_no_impossible_bounds() -> None:
    document = invented_verdict(["a", "b"], passes=True)
    for result in document["results"]:  # type: ignore[attr-defined]
        result["checks"] = [{**result["checks"][0], "name": name, "lower": -1.2, "upper": 1.2} for name in ("at least", "safe to ship")]
    section = str(verdict_section(document, "v" * 64, "stands"))
    assert '0.0000</td><td class="number">1.0000' in section and '-1.0000</td><td class="number">1.0000' in section
    assert "1.2000" not in section
