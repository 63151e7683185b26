"""The section on how scores fall as boxes get worse."""

from collections.abc import Mapping, Sequence

from evaluation.report.pages.box_charts import ordinal_chart, sparkline
from evaluation.report.pages.charts import Line
from evaluation.report.pages.markup import figure, name, number, paragraph, section, signed, span, table, tools
from evaluation.scores.robust_curves import AS_LABELLED, CURVES, RobustRow
from evaluation.scores.slices import LEAST_INSTANCES

_LABELS: Mapping[str, str] = {
    AS_LABELLED: "labelled",
    "cut-5": "cut 5 %",
    "padding-0": "tight",
    "padding-50": "half pad",
    "loose-10": "+10 %",
    "loose-25": "+25 %",
    "off-10": "10 % off",
    "off-20": "20 % off",
    "noise-5": "± 5 %",
    "noise-10": "± 10 %",
}


def robustness_section(rows: Sequence[RobustRow], metric: str, models: Sequence[str], *, groups: Sequence[str], floor: float) -> str:
    """Return the curves over all crops, and every stratum's small ones.

    Args:
        rows: All crops first.
        metric: Stored name.
        models: The candidate, then the champion if there is one.
        groups: What each row is sliced by.
        floor: The filled box's mean over all crops.
    """
    shown = {title: boxes for title, jitters in CURVES.items() if len(boxes := _boxes(jitters, rows[0], models[0])) > 1}
    large = [row for row in rows if row.instances >= LEAST_INSTANCES] or rows
    falls = [fall for row in large for model in models for fall in _falls(row.means[model], list(row.means[model]))]
    low, high = min(falls), max(falls)
    told = (
        f"{metric}, mean over the crops of a stratum, when the annotator draws another box. The truth and the window scored stay the same. "
        f"Worst is the lowest of the boxes crop by crop: what gates.yaml calls {metric}@worst."
    )
    charts = []
    for title, boxes in shown.items():
        lines = [Line(who, [(place, rows[0].means[model][box]) for place, box in enumerate(boxes)]) for who, model in _named(models)]
        chart = ordinal_chart(lines, [_LABELS[box] for box in boxes], up=metric, floor=floor, labelled=boxes.index(AS_LABELLED))
        charts.append(figure(chart, f"All crops, {title}"))
    headings = ["stratum", "crops", *shown, "labelled", "worst", "bounds", "fall, points", "lowest mean"]
    cells = [_cells(row, models, list(shown.values()), (low, high)) for row in rows]
    return section(
        "robustness",
        "Robustness",
        paragraph(told),
        f'<div class="charts">{"".join(charts)}</div>',
        paragraph(
            f"Each small curve shows how far a stratum falls from its box as labelled, on a scale from {signed(low)} to {signed(high)} "
            f"points, left to right as in the charts above{', the champion thin' if len(models) > 1 else ''}.",
            "facts",
        ),
        tools("robust-rows", rows=len(rows), groups=groups, verdicts=False),
        table(headings, cells, caption="Robustness by stratum", identity="robust-rows", numbers_from=2 + len(shown), groups=groups),
    )


def _boxes(jitters: Sequence[str | None], row: RobustRow, model: str) -> list[str]:
    return [box for box in (jitter or AS_LABELLED for jitter in jitters) if box in row.means[model]]


def _falls(means: Mapping[str, float], boxes: Sequence[str]) -> list[float]:
    return [means[box] - means[AS_LABELLED] for box in boxes]


def _named(models: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(("candidate", "champion"), models, strict=False))


def _cells(row: RobustRow, models: Sequence[str], curves: Sequence[Sequence[str]], reach: tuple[float, float]) -> list[str]:
    of_candidate = row.means[models[0]]
    lowest = min(of_candidate, key=lambda box: of_candidate[box])
    small = [
        sparkline(
            [_falls(row.means[model], boxes) for model in models],
            reach,
            "; ".join(f"{_LABELS[box]} {number(of_candidate[box])}" for box in boxes),
        )
        for boxes in curves
    ]
    return [
        name(row.name),
        f"{row.instances:,}",
        *small,
        number(of_candidate[AS_LABELLED]),
        number(row.worst.mean),
        span(row.worst.lower, row.worst.upper),
        signed(row.fall.mean),
        f"{number(of_candidate[lowest])} {_LABELS[lowest]}",
    ]
