"""The section on thresholds and calibration."""

from collections.abc import Mapping

from markupsafe import Markup

from evaluation.metrics.thresholds import f_curve
from evaluation.report.numbers import number
from evaluation.report.pages.charts import Line
from evaluation.report.rendering import render
from evaluation.scores.curves import Curves, calibration, summary


def curves_section(curves: Mapping[str, Curves]) -> Markup:
    """Return F over the threshold and the reliability of the probabilities.

    Args:
        curves: By the name to show, the candidate first; none where the models' present scores are not those of the verdict.
    """
    by_threshold = [Line(name, _f_points(found)) for name, found in curves.items()]
    reliability = [Line(name, [(mean, share) for mean, share, _ in calibration(found)]) for name, found in curves.items()]
    models = [[name, *(number(value) for value in summary(found).values())] for name, found in curves.items()]
    return render("curves", by_threshold=by_threshold, reliability=reliability, models=models)


def _f_points(curves: Curves) -> list[tuple[float, float]]:
    f = f_curve(curves.precision / curves.instances, curves.recall / curves.instances)[::-1]
    return [(level / 255, float(f[level])) for level in range(0, 256, 3)]
