"""A verdict document in, the head of the report out: the outcome first, then what did not pass and why."""

from collections.abc import Mapping
from typing import Any

from evaluation.pages.markup import badge, number, paragraph, section, signed, table, text

_SENTENCES = {
    "PASS": "The candidate passed every gate in every stratum.",
    "FAIL": "The candidate failed: at least one stratum is worse than the gates allow.",
    "INCONCLUSIVE": "The data cannot tell: nothing failed, but at least one stratum could not be shown to pass.",
}


def verdict_section(document: Mapping[str, Any], verdict_id: str) -> str:
    """Return the verdict with its failing strata and its rules."""
    inputs, outcome = document["inputs"], str(document["outcome"])
    against = f"champion {inputs['champion'][:12]}" if inputs["champion"] else "no champion: judged by floors"
    head = f'<p class="verdict {text(outcome.lower())}">{badge(outcome)} {text(_SENTENCES[outcome])}</p>'
    facts = f"Candidate {inputs['candidate'][:12]}, {against}. Verdict {verdict_id[:16]}."
    bodies = [head, paragraph(facts, "facts")]
    failing = [[text(item["stratum"]), badge(item["outcome"]), text(item["metric"]), text(item["why"])] for item in document["failing"]]
    if failing:
        bodies.append(table(["stratum", "verdict", "metric", "why"], failing, numbers_from=9))
    bodies.append(f"<details><summary>All {len(document['results']):,} results</summary>{_results(document)}</details>")
    return section("verdict", "Verdict", *bodies)


def no_verdict_section() -> str:
    """Return the head of a report before any model has been judged."""
    return section("verdict", "Verdict", paragraph("No model has been judged yet: run fit, predict, score and judge.", "facts"))


def _results(document: Mapping[str, Any]) -> str:
    rows = [
        [
            text(result["stratum"]),
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
        for result in document["results"]
        for check in result["checks"]
    ]
    headings = [
        "stratum",
        "verdict",
        "metric",
        "check",
        "crops",
        "images",
        "estimate",
        "lower",
        "upper",
        "threshold",
        "Holm p",
        "visible drop",
    ]
    return table(headings, rows, identity="results", numbers_from=4)
