"""Weak slices in, the report's section on where to look next out."""

from collections.abc import Sequence

from evaluation.pages.markup import number, paragraph, section, signed, table, text
from evaluation.slices import Slice


def slices_section(weak: Sequence[Slice], regressed: Sequence[Slice], metric: str) -> str:
    """Return the slices where the candidate is weakest, and where it lost most, as strata that gates.yaml can name."""
    told = (
        f"Combinations of one or two attributes, found by search over {metric}: treat them as proposals, to be confirmed on new data. "
        "Points are beside all other crops, with one-sided 95 % bounds; the last column is the chance of a false discovery."
    )
    bodies = [paragraph(told)]
    for title, slices in (("Weakest", weak), ("Most regressed", regressed)):
        if slices:
            bodies.append(f"<h3>{text(title)}</h3>{_rows(slices)}")
    if len(bodies) == 1:
        bodies.append(paragraph("No slice is large enough, or none stands out.", "facts"))
    return section("slices", "Weak slices", *bodies)


def _rows(slices: Sequence[Slice]) -> str:
    rows = [
        [
            text(item.name),
            f"{item.instances:,}",
            f"{item.images:,}",
            number(item.mean),
            signed(item.against_rest.mean),
            f"{signed(item.against_rest.lower)} to {signed(item.against_rest.upper)}",
            number(item.false_discovery),
        ]
        for item in slices
    ]
    return table(["proposed stratum", "crops", "images", "mean", "points below", "bounds", "false discovery"], rows)
