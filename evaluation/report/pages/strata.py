"""The section of scores by stratum: a sortable forest plot with baselines and ceilings beside every score."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evaluation.report.pages.charts import interval_mark
from evaluation.report.pages.scores import beside
from evaluation.report.rendering import render
from evaluation.scores.slices import LEAST_INSTANCES
from evaluation.scores.stratum_rows import StratumRow

_LEAST_REACH = 0.05


def strata_section(
    rows: Sequence[StratumRow],
    metric: str,
    champion: str | None,
    outcomes: Mapping[str, tuple[str, str, float | None]],
    *,
    groups: Sequence[str],
) -> Markup:
    """Return the strata with their scores, baselines, ceilings and the gain's interval.

    Args:
        rows: One a stratum.
        metric: The metric's stored name.
        champion: The champion's name in the rows' means, if there is one.
        outcomes: Of gated strata: outcome, why, and margin if it was compared with a champion.
        groups: What each row is sliced by.
    """
    gains = [row.over_champion or row.over_baselines["floor-box"] for row in rows]
    large = [gain for row, gain in zip(rows, gains, strict=True) if row.instances >= LEAST_INSTANCES] or gains
    reach = max([_LEAST_REACH, *(abs(gain.mean) for gain in large)]) * 1.25
    shown = []
    for row, gain in zip(rows, gains, strict=True):
        outcome, why, margin = outcomes.get(row.name, ("", "", None))
        margin = margin if champion else None
        mark = interval_mark(gain.mean, gain.lower, gain.upper, reach=reach, margin=margin, outcome=outcome)
        shown.append({"row": row, "gain": gain, "outcome": outcome, "why": why, "mark": mark, "beside": beside(row)})
    return render("strata", metric=metric, champion=champion, reach=reach, rows=shown, groups=groups)
