"""The section on how scores fall as boxes get worse."""

from collections.abc import Mapping, Sequence
from itertools import compress

from markupsafe import Markup

from evaluation.report.numbers import number
from evaluation.report.pages.box_charts import ordinal_chart, sparkline
from evaluation.report.pages.charts import Line
from evaluation.report.rendering import render
from evaluation.scores.robust_curves import AS_LABELLED, CURVES, RobustRow
from evaluation.scores.slices import LEAST_IMAGES, LEAST_INSTANCES, is_large

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


def robustness_section(rows: Sequence[RobustRow], metric: str, models: Sequence[str], *, groups: Sequence[str], floor: float) -> Markup:
    """Return the curves over all crops, and every stratum's small ones; strata of few crops are named in one line.

    Args:
        rows: All crops first.
        metric: Stored name.
        models: The candidate, then the champion if there is one.
        groups: What each row is sliced by.
        floor: The filled box's mean over all crops.
    """
    shown = {title: boxes for title, jitters in CURVES.items() if len(boxes := _boxes(jitters, rows[0], models[0])) > 1}
    told = [row is rows[0] or is_large(row.instances, row.worst.images) for row in rows]
    small = [row for row, large in zip(rows, told, strict=True) if not large]
    rows, groups = list(compress(rows, told)), list(compress(groups, told))
    falls = [fall for row in rows for model in models for fall in _falls(row.means[model], list(row.means[model]))]
    reach = min(falls), max(falls)
    return render(
        "robustness",
        metric=metric,
        titles=list(shown),
        charts=[(title, _chart(rows[0], metric, models, boxes, floor)) for title, boxes in shown.items()],
        reach=reach,
        compared=len(models) > 1,
        rows=[_shown(row, models, list(shown.values()), reach) for row in rows],
        groups=groups,
        small=small,
        least=(LEAST_INSTANCES, LEAST_IMAGES),
    )


def _boxes(jitters: Sequence[str | None], row: RobustRow, model: str) -> list[str]:
    return [box for box in (jitter or AS_LABELLED for jitter in jitters) if box in row.means[model]]


def _falls(means: Mapping[str, float], boxes: Sequence[str]) -> list[float]:
    return [means[box] - means[AS_LABELLED] for box in boxes]


def _chart(row: RobustRow, metric: str, models: Sequence[str], boxes: Sequence[str], floor: float) -> Markup:
    named = zip(("candidate", "champion"), models, strict=False)
    lines = [Line(who, [(index, row.means[model][box]) for index, box in enumerate(boxes)]) for who, model in named]
    return ordinal_chart(lines, [_LABELS[box] for box in boxes], up=metric, floor=floor, labelled=boxes.index(AS_LABELLED))


def _shown(row: RobustRow, models: Sequence[str], curved: Sequence[Sequence[str]], reach: tuple[float, float]) -> dict[str, object]:
    means = row.means[models[0]]
    lowest = min(means, key=lambda box: means[box])
    curves = [
        sparkline(
            [_falls(row.means[model], boxes) for model in models],
            reach,
            "; ".join(f"{_LABELS[box]} {number(means[box])}" for box in boxes),
        )
        for boxes in curved
    ]
    return {"row": row, "curves": curves, "labelled": means[AS_LABELLED], "lowest": f"{number(means[lowest])} {_LABELS[lowest]}"}
