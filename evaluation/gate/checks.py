"""Decide one question of a rule: PASS, FAIL or INCONCLUSIVE, with the sentence that says why."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evaluation.statistics.clusters import Interval

CheckOutcome = Literal["PASS", "FAIL", "INCONCLUSIVE"]
_ORDER: tuple[CheckOutcome, ...] = ("PASS", "INCONCLUSIVE", "FAIL")


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of one stratum, and its answer."""

    name: str  # no regression, safe to ship, beats box, beats ellipse, at least, size or evaluated
    outcome: CheckOutcome
    estimate: float | None = None
    lower: float | None = None  # one-sided bounds, each at the gates' level
    upper: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    adjusted: float | None = None  # Holm's
    false_discovery: float | None = None  # Benjamini-Hochberg's: it informs, it does not block
    method: str = ""
    why: str = ""


def worst(outcomes: Iterable[CheckOutcome]) -> CheckOutcome:
    """Return the worst of some outcomes.

    Raises:
        ValueError: There are none: nothing checked is nothing passed.
    """
    return max(outcomes, key=_ORDER.index)


def points(share: float) -> str:
    """Write a share as points, e.g. `+1.25 points`."""
    return f"{100 * share:+.2f} points"


def not_inferior(found: Interval, margin: float, smallest_drop: float) -> Check:
    """Ask whether the candidate is worse than the champion by less than a margin.

    Only a regression that the other check shows fails; here a stratum that cannot exclude a drop of the margin is inconclusive.

    Args:
        found: Of the paired gain, candidate minus champion.
        margin: Non-inferiority margin: the largest drop that is still acceptable, as a share, > 0.
        smallest_drop: That the stratum can see; says whether more instances or a better model is missing.
    """
    shown = found.lower > -margin
    if shown:
        why = ""
    elif smallest_drop > margin:
        seen = "no drop can be seen" if math.isinf(smallest_drop) else f"only drops from {100 * smallest_drop:.2f} points can be seen"
        why = f"gain {points(found.mean)}, but {seen} and the margin is {100 * margin:.2f}"
    else:
        why = f"gain {points(found.mean)} with lower bound {points(found.lower)} does not exclude a drop of {100 * margin:.2f} points"
    outcome: CheckOutcome = "PASS" if shown else "INCONCLUSIVE"
    return Check("safe to ship", outcome, found.mean, found.lower, found.upper, -margin, method=found.method, why=why)


def no_regression(found: Interval, p_value: float, adjusted: float, false_discovery: float, *, alpha: float, blocks: bool) -> Check:
    """Ask whether the candidate is worse than the champion at all, with Holm's correction over all strata.

    Args:
        found: Of the paired gain.
        p_value: Of a drop, in this stratum alone.
        adjusted: Holm's p-value of a drop.
        false_discovery: Benjamini-Hochberg's p-value.
        alpha: Level.
        blocks: Whether a regression fails the gate, or is only told.
    """
    regressed = adjusted < alpha
    outcome: CheckOutcome = "FAIL" if regressed and blocks else "PASS"
    why = f"regressed by {points(found.mean)} (Holm p = {adjusted:.2g})" if regressed else ""
    return Check("no regression", outcome, found.mean, found.lower, found.upper, 0.0, p_value, adjusted, false_discovery, found.method, why)


def beats_baseline(baseline: str, found: Interval, by: float) -> Check:
    """Ask whether the candidate beats a baseline by more than `by`."""
    outcome = _above(found, by)
    why = (
        ""
        if outcome == "PASS"
        else f"gains {points(found.mean)} over the {baseline}, lower bound {points(found.lower)}, needs more than {points(by)}"
    )
    return Check(f"beats {baseline}", outcome, found.mean, found.lower, found.upper, by, method=found.method, why=why)


def at_least(found: Interval, least: float, *, lower_is_better: bool) -> Check:
    """Ask whether a mean reaches an absolute floor, or for errors stays below a ceiling."""
    outcome = _above(_mirrored(found), -least) if lower_is_better else _above(found, least)
    wanted = "at most" if lower_is_better else "at least"
    why = (
        "" if outcome == "PASS" else f"mean {found.mean:.4f} ({found.lower:.4f} to {found.upper:.4f}) is not shown to be {wanted} {least:g}"
    )
    return Check("at least", outcome, found.mean, found.lower, found.upper, least, method=found.method, why=why)


def large_enough(instances: int, least: int) -> Check:
    """Ask whether a stratum has enough instances to be judged at all."""
    enough = instances >= least
    why = "" if enough else f"{instances:,} instances, the rule needs {least:,}"
    return Check("size", "PASS" if enough else "INCONCLUSIVE", float(instances), threshold=float(least), why=why)


def not_evaluated(why: str) -> Check:
    """Return the check of a stratum that is missing or holds values that are no numbers: it never passes."""
    return Check("evaluated", "FAIL", why=why)


def _above(found: Interval, threshold: float) -> CheckOutcome:
    if math.isnan(found.mean):
        return "FAIL"
    if found.lower > threshold or (found.standard_error == 0 and found.mean >= threshold > 0):
        return "PASS"
    return "FAIL" if found.upper <= threshold else "INCONCLUSIVE"


def _mirrored(found: Interval) -> Interval:
    return Interval(
        -found.mean,
        -found.upper,
        -found.lower,
        found.standard_error,
        1 - found.p_worse,
        found.instances,
        found.images,
        found.method,
        found.degrees_of_freedom,
        -found.skewness,
    )
