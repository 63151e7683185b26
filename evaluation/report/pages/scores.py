"""The report's head figures, and its table of scores beside baselines and ceilings."""

from collections.abc import Mapping

from markupsafe import Markup

from evaluation.metrics.baselines import CEILINGS
from evaluation.report.numbers import number, signed, signed_span, span
from evaluation.report.rendering import render
from evaluation.scores.stratum_rows import StratumRow

_MEANINGS: Mapping[str, str] = {
    "edge_overlap_f": "edges, overlap of dilated outlines: what the gate goes by",
    "edge_tolerance_f": "edges, outline pixels within the tolerance",
    "iou": "area",
    "boundary_iou": "area along the outline",
    "tracing_saved": "share of the annotator's tracing time that need not be spent",
    "mae": "mean error of the probability; lower is better",
}


def head_figures(rows: Mapping[str, StratumRow], metric: str, champion: str | None) -> list[tuple[str, str, str]]:
    """Return title, figure and remark of what an analyst asks first.

    Args:
        rows: Over all crops, by metric.
        metric: The one that decides.
        champion: Its name in the rows' means, if there is one.
    """
    row = rows[metric]
    gain = row.over_champion
    found = [(metric, number(row.mean.mean), f"{span(row.mean.lower, row.mean.upper)}, {row.instances:,} crops")]
    if champion and gain:
        remark = f"points, {signed_span(gain.lower, gain.upper)}; it has {number(row.means[champion])}"
        found.append(("over the champion", signed(gain.mean), remark))
    box, ellipse = row.over_baselines["floor-box"], row.over_baselines["floor-ellipse"]
    found.append(("over the filled box", signed(box.mean), f"points, {signed_span(box.lower, box.upper)}"))
    found.append(("over the ellipse", signed(ellipse.mean), f"points, {signed_span(ellipse.lower, ellipse.upper)}"))
    saved = rows["tracing_saved"]
    if champion:
        remark = f"champion {_percent(saved.means[champion])}, box {_percent(saved.means['floor-box'])}"
    else:
        remark = f"box {_percent(saved.means['floor-box'])}, ellipse {_percent(saved.means['floor-ellipse'])}"
    return [*found, ("tracing time saved", _percent(saved.mean.mean), remark)]


def scores_section(rows: Mapping[str, StratumRow], champion: str | None) -> Markup:
    """Return every head metric over all crops, with baselines and ceilings beside it and by how much it beats the baselines.

    Args:
        rows: Over all crops, by metric.
        champion: The champion's name in the rows' means, if there is one.
    """
    shown = [(metric, _meaning(metric), row, beside(row)) for metric, row in rows.items()]
    return render("scores", rows=shown, champion=champion)


def beside(row: StratumRow) -> list[str]:
    """Write each baseline's mean with the gain over it, then the ceilings' means."""
    baselines = [(number(row.means[name]), signed(row.over_baselines[name].mean)) for name in ("floor-box", "floor-ellipse")]
    return [*(figure for pair in baselines for figure in pair), *(number(row.means[ceiling]) for ceiling in CEILINGS)]


def _meaning(metric: str) -> str:
    return next((meaning for start, meaning in _MEANINGS.items() if metric.startswith(start)), "")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
