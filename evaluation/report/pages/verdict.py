"""The head of the report: the outcome first, then what did not pass and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from evaluation.metrics.ranges import difference_range, value_range
from evaluation.report.rendering import render

_MOST_RESULTS = 2000
_ORDER = ("FAIL", "INCONCLUSIVE", "PASS")


def verdict_section(document: Mapping[str, Any], verdict_id: str, stands: str, figures: Sequence[tuple[str, str, str]] = ()) -> Markup:
    """Return the verdict with its head figures, its failing strata and its rules.

    Args:
        document: The verdict's.
        verdict_id: Its digest.
        stands: Where the candidate stands by now, from `evaluation.report.pages.promotion_status`.
        figures: Title, figure and remark each.
    """
    checks = [(result, _possible(check, result["metric"])) for result in document["results"] for check in result["checks"]]
    checks.sort(key=lambda pair: _ORDER.index(pair[1]["outcome"]))
    tiles = [*figures, _tally(document["results"])]
    return render("verdict", document=document, verdict_id=verdict_id, stands=stands, figures=tiles, checks=checks, most=_MOST_RESULTS)


def no_verdict_section() -> Markup:
    """Return the head of a report before any model has been judged."""
    return render("no_verdict")


def _possible(check: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Return a check whose bounds are no further out than what was estimated can be: a value, or a difference of two."""
    least, greatest = value_range(metric) if check["name"] == "at least" else difference_range(metric)
    lower, upper = check["lower"], check["upper"]
    bounds = {"lower": lower if lower is None else max(lower, least), "upper": upper if upper is None else min(upper, greatest)}
    return {**check, **bounds} if check["name"] != "size" else dict(check)


def _tally(results: Sequence[Mapping[str, Any]]) -> tuple[str, str, str]:
    counts = Counter(str(result["outcome"]) for result in results)
    worse = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in ("FAIL", "INCONCLUSIVE") if counts[outcome])
    return "results that pass", f"{counts['PASS']:,} of {len(results):,}", worse or "none fails, none is inconclusive"
