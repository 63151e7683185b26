"""Rows of figures by stratum in, a sortable forest plot with floors and ceilings beside every score out."""

from collections.abc import Mapping, Sequence

from evaluation.clusters import Interval
from evaluation.metrics.floors import CEILINGS
from evaluation.pages.charts import interval_mark
from evaluation.pages.markup import badge, number, paragraph, section, signed, table, text
from evaluation.stratum_rows import StratumRow

_LEAST_REACH = 0.05


def strata_section(
    rows: Sequence[StratumRow], metric: str, champion: str | None, outcomes: Mapping[str, tuple[str, str, float | None]]
) -> str:
    """Return the strata with their scores, floors, ceilings and the gain's interval.

    Args:
        rows: One a stratum.
        metric: The metric's stored name.
        champion: The champion's name in the rows' means, if there is one.
        outcomes: Of gated strata: outcome, why, and margin if it was compared with a champion.
    """
    against = "the champion" if champion else "the filled box"
    told = (
        f"{metric}, mean over instances with one-sided 95 % bounds, clustered by image. The plot is the gain over {against}; "
        "a dashed line is the margin. Box and ellipse are floors; ½, ¼ and ⅛ are the truth at lower resolution, ceilings for a model "
        "that works there."
    )
    headings = ["stratum", "verdict", f"gain over {against}", "points", "crops", "images", "model", "bounds", "champion", "box"]
    headings += ["over box", "ellipse", "over ellipse", "½", "¼", "⅛"]
    gains = [_gain(row) for row in rows]
    reach = max([_LEAST_REACH, *(abs(gain.mean) for gain in gains)]) * 1.25
    cells = [_cells(row, gain, reach, champion, outcomes.get(row.name)) for row, gain in zip(rows, gains, strict=True)]
    tools = (
        '<div class="tools"><label>Find a stratum <input type="search" data-filters="strata-rows"></label>'
        '<label><input type="checkbox" data-only-failing="strata-rows"> not passing only</label>'
        f'<span data-count="strata-rows">{len(rows)} strata</span></div>'
    )
    return section("strata", "Scores by stratum", paragraph(told), tools, table(headings, cells, identity="strata-rows", numbers_from=3))


def _gain(row: StratumRow) -> Interval:
    return row.over_champion or row.over_floors["floor-box"]


def _cells(row: StratumRow, gain: Interval, reach: float, champion: str | None, gated: tuple[str, str, float | None] | None) -> list[str]:
    outcome, why, margin = gated or ("", "", None)
    return [
        f'<span title="{text(why)}">{text(row.name)}</span>',
        badge(outcome) if outcome else "",
        interval_mark(gain.mean, gain.lower, gain.upper, reach=reach, margin=margin, outcome=outcome),
        signed(gain.mean),
        f"{row.instances:,}",
        f"{row.images:,}",
        number(row.mean.mean),
        f"{number(row.mean.lower)}–{number(row.mean.upper)}",
        number(row.means[champion] if champion else None),
        number(row.means["floor-box"]),
        signed(row.over_floors["floor-box"].mean),
        number(row.means["floor-ellipse"]),
        signed(row.over_floors["floor-ellipse"].mean),
        *(number(row.means[ceiling]) for ceiling in CEILINGS),
    ]
