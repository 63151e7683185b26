"""Applies every rule of the gates to every stratum of paired scores; pure, so a verdict replays."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from evaluation.gate.checks import (
    Check,
    CheckOutcome,
    at_least,
    beats_baseline,
    large_enough,
    no_regression,
    not_evaluated,
    not_inferior,
    worst,
)
from evaluation.gate.gates import Gates, Rule
from evaluation.scores.paired import MetricValues, PairedScores
from evaluation.scores.strata import Stratum, parse_pattern, strata_of
from evaluation.statistics.clusters import Interval, cluster_sums, interval
from evaluation.statistics.multiplicity import benjamini_hochberg, holm
from evaluation.statistics.power import smallest_visible_drop
from evaluation.statistics.regressions import regression_p_values
from lake.digests import digest
from lake.errors import EmptyCheckError

_THREADS = 2


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule found in one stratum."""

    rule: int  # position in gates.yaml
    stratum: str
    metric: str
    instances: int
    images: int
    means: Mapping[str, float]  # by model, baseline and ceiling, over the stratum
    smallest_visible_drop: float | None
    margin: float | None
    gain: Interval | None  # over the champion
    checks: tuple[Check, ...]

    @property
    def outcome(self) -> CheckOutcome:
        """The worst of the checks."""
        return worst(check.outcome for check in self.checks)

    @property
    def why(self) -> str:
        """What kept the stratum from passing; empty where it passed."""
        return "; ".join(check.why for check in self.checks if check.outcome != "PASS")


@dataclass(frozen=True, slots=True)
class _Case:
    """One rule in one stratum, before it is judged."""

    index: int
    rule: Rule
    stratum: Stratum


def judge_scores(gates: Gates, scores: Mapping[str, PairedScores], candidate: str, champion: str | None) -> list[RuleResult]:
    """Judge a candidate by every rule in every stratum that the rule speaks of.

    Args:
        gates: Levels and rules.
        scores: Paired scores by metric, for every metric that a rule names; with `floor-box` and `floor-ellipse`.
        candidate: Its name in the scores.
        champion: The champion's name; None judges a first model by baselines alone.

    Raises:
        EmptyCheckError: A rule matched no stratum, or no rule has anything to ask of a first model.
    """
    applied = [(index, rule) for index, rule in enumerate(gates.rules) if champion or rule.beats or rule.least is not None]
    if not applied:
        raise EmptyCheckError("no champion is registered, and no rule judges a first model: give a rule `beats` or `least`")
    cases = [case for index, rule in applied for case in _cases(index, rule, scores[rule.metric])]
    with ThreadPoolExecutor(_THREADS) as threads:
        results = list(threads.map(lambda case: _judge_case(case, gates, scores[case.rule.metric], candidate, champion), cases))
    return _with_regressions(results, gates)


def _cases(index: int, rule: Rule, scores: PairedScores) -> Iterator[_Case]:
    pattern = parse_pattern(rule.stratum)
    strata = strata_of(scores.crops, pattern)
    if not strata and pattern.is_literal:
        strata = [Stratum(str(pattern), np.empty(0, dtype=np.int64))]
    if not strata:
        raise EmptyCheckError(
            f"rule {index + 1} of the gates speaks of {rule.stratum!r}, which matches no stratum among {scores.crops.num_rows:,} "
            f"scored crops: a rule that is never evaluated would pass in silence; mend its pattern or remove it"
        )
    return (_Case(index, rule, stratum) for stratum in strata)


def _judge_case(case: _Case, gates: Gates, scores: PairedScores, candidate: str, champion: str | None) -> RuleResult:
    rule, rows = case.rule, case.stratum.rows
    names = [candidate, *([champion] if champion and rule.compare else []), *(f"floor-{baseline}" for baseline in rule.beats)]
    means = {name: float(np.mean(values[rows])) for name, values in scores.values.items()} if len(rows) else {}
    images = len(np.unique(scores.images[rows]))
    fault = _fault(scores, rows, names)
    if fault:
        return RuleResult(case.index, case.stratum.name, rule.metric, len(rows), images, means, None, None, None, (not_evaluated(fault),))

    def bounds(values: MetricValues, question: str) -> Interval:
        seed = int(digest(gates.seed, case.stratum.name, rule.metric, question)[:16], 16)
        return interval(cluster_sums(values[rows], scores.images[rows]), alpha=gates.alpha, draws=gates.draws, seed=seed)

    checks = [large_enough(len(rows), gates.min_instances_of(rule))]
    checks += [
        beats_baseline(baseline, bounds(scores.gain(candidate, f"floor-{baseline}"), baseline), rule.beats_by) for baseline in rule.beats
    ]
    if rule.least is not None:
        found = bounds(scores.values[candidate], "at least")
        checks.append(at_least(found, rule.least, lower_is_better=scores.lower_is_better))
    gain = drop = margin = None
    if champion is not None and rule.compare:
        gain, margin = bounds(scores.gain(candidate, champion), "champion"), gates.margin_of(rule)
        drop = smallest_visible_drop(gain.standard_error, gain.degrees_of_freedom, alpha=gates.alpha, power=gates.power)
        checks.append(not_inferior(gain, margin, drop))
    return RuleResult(case.index, case.stratum.name, rule.metric, len(rows), images, means, drop, margin, gain, tuple(checks))


def _fault(scores: PairedScores, rows: np.ndarray[tuple[int], np.dtype[np.int64]], names: Sequence[str]) -> str:
    if not len(rows):
        return "no scored crop lies in this stratum"
    broken = {name: int(np.count_nonzero(~np.isfinite(scores.values[name][rows]))) for name in names}
    return "; ".join(f"{count:,} of {len(rows):,} values of {name[:24]} are not numbers" for name, count in broken.items() if count)


def _with_regressions(results: list[RuleResult], gates: Gates) -> list[RuleResult]:
    """Add the check for any regression: its correction needs all strata at once."""
    compared = [(place, result.metric, result.gain) for place, result in enumerate(results) if result.gain is not None]
    if not compared:
        return results
    p_values = regression_p_values([metric for _, metric, _ in compared], [gain for _, _, gain in compared])
    adjusted, discovery = holm(p_values), benjamini_hochberg(p_values)
    judged = list(results)
    for (place, _, gain), alone, family, rate in zip(compared, p_values, adjusted, discovery, strict=True):
        blocks = gates.rules[judged[place].rule].any_regression == "block"
        check = no_regression(gain, float(alone), float(family), float(rate), alpha=gates.alpha, blocks=blocks)
        judged[place] = replace(judged[place], checks=(*judged[place].checks, check))
    return judged
