"""The head of the report: the outcome first, then what did not pass and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.report.pages.markup import badge, folded, name, number, paragraph, section, signed, table, text

_SENTENCES = {
    "PASS": "The candidate passed every gate in every stratum.",
    "FAIL": "The candidate failed: at least one stratum is worse than the gates allow.",
    "INCONCLUSIVE": "The data cannot tell: nothing failed, but at least one stratum could not be shown to pass.",
}
_MOST_RESULTS = 2000
_ORDER = ("FAIL", "INCONCLUSIVE", "PASS")


def verdict_section(document: Mapping[str, Any], verdict_id: str, stands: str, figures: Sequence[tuple[str, str, str]] = ()) -> str:
    """Return the verdict with its head figures, its failing strata and its rules.

    Args:
        document: The verdict's.
        verdict_id: Its digest.
        stands: Where the candidate stands by now, from `evaluation.report.pages.promotion_status`.
        figures: Title, figure and remark each.
    """
    inputs, outcome = document["inputs"], str(document["outcome"])
    against = f"champion {inputs['champion'][:12]}" if inputs["champion"] else "no champion yet, so judged by baselines alone"
    head = (
        f'<div class="verdict {text(outcome.lower())}"><p>{badge(outcome)} {text(_SENTENCES[outcome])}</p>'
        f'<p class="facts">{text(stands)}</p></div>'
    )
    facts = f"Candidate {inputs['candidate'][:12]}, {against}. Verdict {verdict_id[:16]}."
    bodies = [head, _tiles([*figures, _tally(document["results"])]), paragraph(facts, "facts")]
    failing = [[name(item["stratum"]), badge(item["outcome"]), text(item["why"]), text(item["metric"])] for item in document["failing"]]
    if failing:
        bodies.append(f"<h3>What did not pass, and why ({len(failing):,})</h3>")
        headings = ["stratum", "verdict", "why", "metric"]
        bodies.append(table(headings, failing, caption="What did not pass, and why", identity="failing", numbers_from=9))
    bodies.append(folded(f"All {len(document['results']):,} results", *_results(document)))
    return section("verdict", "Verdict", *bodies)


def no_verdict_section() -> str:
    """Return the head of a report before any model has been judged."""
    return section("verdict", "Verdict", paragraph("No model has been judged yet: run fit, predict, score and judge.", "facts"))


def _tiles(figures: Sequence[tuple[str, str, str]]) -> str:
    tiles = (
        f"<div><dt>{text(title)}</dt><dd><b>{text(figure)}</b><span>{text(remark)}</span></dd></div>" for title, figure, remark in figures
    )
    return f'<dl class="tiles">{"".join(tiles)}</dl>'


def _tally(results: Sequence[Mapping[str, Any]]) -> tuple[str, str, str]:
    counts = Counter(str(result["outcome"]) for result in results)
    worse = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in ("FAIL", "INCONCLUSIVE") if counts[outcome])
    return "results that pass", f"{counts['PASS']:,} of {len(results):,}", worse or "none fails, none is inconclusive"


def _results(document: Mapping[str, Any]) -> list[str]:
    checks = [(result, check) for result in document["results"] for check in result["checks"]]
    checks.sort(key=lambda pair: _ORDER.index(pair[1]["outcome"]))
    rows = [
        [
            name(result["stratum"]),
            badge(check["outcome"]),
            text(result["metric"]),
            text(check["name"]),
            f"{result['instances']:,}",
            f"{result['images']:,}",
            number(check["estimate"], 4),
            number(check["lower"], 4),
            number(check["upper"], 4),
            number(check["threshold"], 4),
            number(check["adjusted"], 4),
            signed(result["smallest_visible_drop"]),
        ]
        for result, check in checks[:_MOST_RESULTS]
    ]
    headings = ["stratum", "verdict", "metric", "check", "crops", "images", "estimate"]
    headings += ["lower", "upper", "threshold", "Holm p", "visible drop"]
    told = []
    if len(checks) > _MOST_RESULTS:
        told.append(
            paragraph(
                f"The first {_MOST_RESULTS:,} of {len(checks):,} checks, those that did not pass first; the table verdicts holds all."
            )
        )
    return [*told, table(headings, rows, caption="Every check of every stratum", identity="results", numbers_from=4)]
