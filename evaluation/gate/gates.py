"""Read `gates.yaml`: what a candidate must show, stratum by stratum."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evaluation.metrics.instance import MetricSpec, full_metric_name, metric_names
from evaluation.scores.robustness import SUMMARIES, known_jitter, split_metric
from evaluation.scores.strata import ALL, parse_pattern
from imaging.jitter import JITTERS
from lake.configuration import explain, read_yaml
from lake.errors import ConfigurationError

Baseline = Literal["box", "ellipse"]
StrictInt = Annotated[int, Field(strict=True)]
"""A whole number: `true` is none."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Margins(_Settings):
    """Non-inferiority margins: the largest drops that are still acceptable, as shares (0.01 is one point)."""

    overall: float = Field(default=0.01, gt=0, lt=1)
    stratum: float = Field(default=0.02, gt=0, lt=1)


class Rule(_Settings):
    """What one metric must show in every stratum that a pattern matches."""

    stratum: str
    metric: str
    margin: float | None = Field(default=None, gt=0, lt=1)  # none: the gates' own for all rows or for strata
    min_instances: StrictInt | None = Field(default=None, ge=1)
    beats: tuple[Baseline, ...] = ()
    beats_by: float = Field(default=0.0, ge=0, lt=1)
    least: float | None = Field(default=None, ge=0, le=1)
    compare: bool = True  # with the champion, where there is one
    any_regression: Literal["block", "inform"] = "block"

    @field_validator("stratum")
    @classmethod
    def _parses(cls, value: str) -> str:
        try:
            parse_pattern(value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _asks_something(self) -> "Rule":
        if not (self.compare or self.beats or self.least is not None):
            raise ValueError(f"rule for {self.stratum!r} asks nothing: set beats, least or compare")
        if len(set(self.beats)) < len(self.beats):
            raise ValueError(f"rule for {self.stratum!r} names a baseline twice: beats {list(self.beats)}")
        if self.beats_by and not self.beats:
            raise ValueError(f"rule for {self.stratum!r} sets beats_by {self.beats_by:g}, but no baseline to beat: set beats")
        if not self.compare and "any_regression" in self.model_fields_set:
            raise ValueError(f"rule for {self.stratum!r} sets any_regression, but compares with no champion: leave one of them out")
        return self


class Gates(_Settings):
    """The whole file: levels, defaults and rules."""

    version: Literal[1] = 1
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    power: float = Field(default=0.8, gt=0.5, lt=1)
    min_instances: StrictInt = Field(default=300, ge=2)
    margin: Margins = Margins()
    draws: StrictInt = Field(default=2000, ge=200, le=100_000)
    seed: StrictInt = 17
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct_rules(self) -> "Gates":
        pairs = [(rule.stratum, rule.metric) for rule in self.rules]
        duplicate = sorted({pair for pair in pairs if pairs.count(pair) > 1})
        if duplicate:
            raise ValueError(f"two rules speak of the same stratum and metric: {duplicate}")
        return self

    def margin_of(self, rule: Rule) -> float:
        """Return the rule's margin, or the default for what it speaks of."""
        if rule.margin is not None:
            return rule.margin
        return self.margin.overall if rule.stratum == ALL else self.margin.stratum

    def min_instances_of(self, rule: Rule) -> int:
        """Return the instances below which the rule cannot tell."""
        return rule.min_instances or self.min_instances


def load_gates(path: Path, spec: MetricSpec) -> Gates:
    """Read and validate a gates file; metrics get their stored names.

    Args:
        path: The YAML file.
        spec: Its edge tolerance is meant where an edge metric names no radius.

    Raises:
        ConfigurationError: The file is missing, not YAML, has an unknown key or metric, no rule, or rules that ask nothing.
    """
    document = read_yaml(path)
    try:
        gates = Gates.model_validate(document)
        named = tuple(rule.model_copy(update={"metric": _stored_name(rule.metric, spec)}) for rule in gates.rules)
        gates = Gates.model_validate({**gates.model_dump(), "rules": [rule.model_dump(exclude_unset=True) for rule in named]})
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error, Gates)}") from None
    known = metric_names(spec)
    for rule in gates.rules:
        plain, jitter = split_metric(rule.metric)
        if plain == "tracing_s":
            raise ConfigurationError(f"{path}: tracing_s is in seconds, margins and least values are shares; gate tracing_saved instead")
        if jitter is not None and not known_jitter(jitter):
            raise ConfigurationError(f"{path}: metric {rule.metric!r} names no jitter; known are {', '.join((*SUMMARIES, *JITTERS))}")
        if plain not in known:
            raise ConfigurationError(f"{path}: rule for {rule.stratum!r} names metric {rule.metric!r}; known are {', '.join(known)}")
    return gates


def _stored_name(metric: str, spec: MetricSpec) -> str:
    plain, at, jitter = metric.partition("@")
    return f"{full_metric_name(plain, spec.edge_tolerance)}{at}{jitter}"
