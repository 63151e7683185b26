"""The section on weak slices: where to look next."""

import json
from collections.abc import Callable, Sequence

from evaluation.report.pages.markup import folded, name, number, paragraph, section, signed, signed_span, table, text
from evaluation.scores.slices import Slice


def slices_section(weak: Sequence[Slice], regressed: Sequence[Slice], metric: str) -> str:
    """Return the slices where the candidate is weakest, and where it lost most, as strata that gates.yaml can name."""
    told = (
        f"Combinations of one or two attributes, found by search over {metric}: treat them as proposals, to be confirmed on new data. "
        "Points are beside all other crops, with one-sided 95 % bounds; the last column is the chance of a false discovery."
    )
    bodies = [paragraph(told)]
    if weak:
        bodies.append(f"<h3>Weakest</h3>{_rows(weak, 'Weakest slices', metric, number)}")
    if regressed:
        bodies.append(f"<h3>Most regressed</h3>{_rows(regressed, 'Most regressed slices', 'gain, points', signed)}")
    if len(bodies) == 1:
        bodies.append(paragraph("None stands out from chance, or none is large enough.", "facts"))
    else:
        proposed = dict.fromkeys(item.pattern for item in (*weak, *regressed))
        lines = "\n".join(f"  - {{stratum: {json.dumps(pattern, ensure_ascii=False)}, metric: {metric}}}" for pattern in proposed)
        bodies.append(folded("As rules for gates.yaml", f'<pre tabindex="0">{text(lines)}</pre>'))
    return section("slices", "Weak slices", *bodies)


def _rows(slices: Sequence[Slice], caption: str, mean: str, written: Callable[[float], str]) -> str:
    rows = [
        [
            name(item.name),
            f"{item.instances:,}",
            f"{item.images:,}",
            written(item.mean),
            signed(item.against_rest.mean),
            signed_span(item.against_rest.lower, item.against_rest.upper),
            number(item.false_discovery),
        ]
        for item in slices
    ]
    headings = ["proposed stratum", "crops", "images", mean, "beside the rest", "bounds", "false discovery"]
    return table(headings, rows, caption=caption)
