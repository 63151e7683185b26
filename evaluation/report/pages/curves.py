"""The section on thresholds and calibration."""

from collections.abc import Mapping

from evaluation.metrics.thresholds import f_curve
from evaluation.report.pages.charts import Line, line_chart
from evaluation.report.pages.markup import figure, number, paragraph, section, table, text
from evaluation.scores.curves import Curves, calibration, summary


def curves_section(curves: Mapping[str, Curves]) -> str:
    """Return F over the threshold and the reliability of the probabilities.

    Args:
        curves: By the name to show, the candidate first; none where the models' present scores are not those of the verdict.
    """
    if not curves:
        told = "The present crops or settings are no longer those of the verdict: score the models again, then judge."
        return section("curves", "Thresholds and calibration", paragraph(told, "facts"))
    by_threshold = [Line(name, _f_points(found)) for name, found in curves.items()]
    reliability = [Line(name, [(mean, share) for mean, share, _ in calibration(found)]) for name, found in curves.items()]
    charts = (
        figure(line_chart(by_threshold, across="threshold", up="F, beta² = .3"), "F of the mean precision and recall at each threshold"),
        figure(
            line_chart(reliability, across="probability", up="share of object pixels", diagonal=True),
            "Calibration: where the line is below the diagonal, the model is too sure",
        ),
    )
    rows = [[text(name), *(number(value) for value in summary(found).values())] for name, found in curves.items()]
    bodies = f'<div class="charts">{"".join(charts)}</div>'
    return section(
        "curves",
        "Thresholds and calibration",
        bodies,
        table(["model", "max F", "max E", "calibration error"], rows, caption="Figures of the curves"),
    )


def _f_points(curves: Curves) -> list[tuple[float, float]]:
    f = f_curve(curves.precision / curves.instances, curves.recall / curves.instances)[::-1]
    return [(level / 255, float(f[level])) for level in range(0, 256, 3)]
