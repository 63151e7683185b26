"""The section of scores by stratum: a sortable forest plot with baselines and ceilings beside every score."""

from collections.abc import Mapping, Sequence
from itertools import compress

from markupsafe import Markup

from evaluation.report.pages.charts import interval_mark
from evaluation.report.pages.scores import beside
from evaluation.report.rendering import render
from evaluation.scores.slices import LEAST_IMAGES, LEAST_INSTANCES, is_large
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
    """Return the strata with their scores, baselines, ceilings and the gain's interval; small ones without a gate in one line.

    Args:
        rows: One a stratum.
        metric: The metric's stored name.
        champion: The champion's name in the rows' means, if there is one.
        outcomes: Of gated strata: outcome, why, and margin if it was compared with a champion.
        groups: What each row is sliced by.
    """
    told = [is_large(row.instances, row.images) or row.name in outcomes for row in rows]
    small = [row for row, large in zip(rows, told, strict=True) if not large]
    rows, groups = list(compress(rows, told)), list(compress(groups, told))
    gains = [row.over_champion or row.over_baselines["floor-box"] for row in rows]
    reach = max([_LEAST_REACH, *(abs(gain.mean) for gain in gains)]) * 1.25
    shown = []
    for row, gain in zip(rows, gains, strict=True):
        outcome, why, margin = outcomes.get(row.name, ("", "", None))
        margin = margin if champion else None
        mark = interval_mark(gain.mean, gain.lower, gain.upper, reach=reach, margin=margin, outcome=outcome)
        shown.append({"row": row, "gain": gain, "outcome": outcome, "why": why, "mark": mark, "beside": beside(row)})
    least = LEAST_INSTANCES, LEAST_IMAGES
    return render("strata", metric=metric, champion=champion, reach=reach, rows=shown, groups=groups, small=small, least=least)
