"""The section of scores by stratum: a sortable forest plot with baselines and ceilings beside every score."""

from collections.abc import Mapping, Sequence

from evaluation.metrics.baselines import CEILINGS
from evaluation.report.pages.charts import interval_mark
from evaluation.report.pages.markup import badge, name, number, paragraph, section, signed, signed_span, span, table, tools
from evaluation.scores.slices import LEAST_INSTANCES
from evaluation.scores.stratum_rows import StratumRow
from evaluation.statistics.clusters import Interval

_LEAST_REACH = 0.05


def strata_section(
    rows: Sequence[StratumRow],
    metric: str,
    champion: str | None,
    outcomes: Mapping[str, tuple[str, str, float | None]],
    *,
    groups: Sequence[str],
) -> str:
    """Return the strata with their scores, baselines, ceilings and the gain's interval.

    Args:
        rows: One a stratum.
        metric: The metric's stored name.
        champion: The champion's name in the rows' means, if there is one.
        outcomes: Of gated strata: outcome, why, and margin if it was compared with a champion.
        groups: What each row is sliced by.
    """
    against = "the champion" if champion else "the filled box"
    gains = [_gain(row) for row in rows]
    large = [gain for row, gain in zip(rows, gains, strict=True) if row.instances >= LEAST_INSTANCES] or gains
    reach = max([_LEAST_REACH, *(abs(gain.mean) for gain in large)]) * 1.25
    told = (
        f"{metric}, mean over instances with one-sided 95 % bounds, clustered by image. The plot is the gain over {against}, from "
        f"{signed(-reach)} to {signed(reach)} points"
        + (": right of the middle line is better, left of the dashed line is worse than the margin allows. " if champion else ". ")
        + "Box and ellipse are baselines; ½, ¼ and ⅛ are the truth at lower resolution, ceilings for a model that works there."
    )
    headings = ["stratum", "verdict", "points", f"gain over {against}", "bounds of the gain", "crops", "images"]
    headings += ["candidate", "bounds", *(["champion"] if champion else [])]
    headings += ["box", "over box", "ellipse", "over ellipse", "½", "¼", "⅛"]
    cells = [_cells(row, gain, reach, champion, outcomes.get(row.name)) for row, gain in zip(rows, gains, strict=True)]
    return section(
        "strata",
        "Scores by stratum",
        paragraph(told),
        tools("strata-rows", rows=len(rows), groups=groups, verdicts=True),
        table(headings, cells, caption="Scores by stratum", identity="strata-rows", numbers_from=2, groups=groups),
    )


def _gain(row: StratumRow) -> Interval:
    return row.over_champion or row.over_baselines["floor-box"]


def _cells(row: StratumRow, gain: Interval, reach: float, champion: str | None, gated: tuple[str, str, float | None] | None) -> list[str]:
    outcome, why, margin = gated or ("", "", None)
    return [
        name(row.name, why),
        badge(outcome) if outcome else "",
        signed(gain.mean),
        interval_mark(gain.mean, gain.lower, gain.upper, reach=reach, margin=margin if champion else None, outcome=outcome),
        signed_span(gain.lower, gain.upper),
        f"{row.instances:,}",
        f"{row.images:,}",
        number(row.mean.mean),
        span(row.mean.lower, row.mean.upper),
        *([number(row.means[champion])] if champion else []),
        number(row.means["floor-box"]),
        signed(row.over_baselines["floor-box"].mean),
        number(row.means["floor-ellipse"]),
        signed(row.over_baselines["floor-ellipse"].mean),
        *(number(row.means[ceiling]) for ceiling in CEILINGS),
    ]
