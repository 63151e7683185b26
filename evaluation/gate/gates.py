"""Read `gates.yaml`: what a candidate must show, stratum by stratum."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evaluation.metrics.instance import MetricSpec, full_metric_name, metric_names
from evaluation.scores.robustness import SUMMARIES, known_jitter, split_metric
from evaluation.scores.strata import ALL, parse_pattern
from imaging.jitter import JITTERS
from lake.errors import ConfigurationError
from lake.strict_yaml import read_yaml
from lake.validation_errors import explain

Baseline = Literal["box", "ellipse"]
StrictInt = Annotated[int, Field(strict=True)]
"""A whole number: `true` is none."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Margins(_Settings):
    """Non-inferiority margins: the largest drops that are still acceptable, as shares (0.01 is one point)."""

    overall: float = Field(default=0.01, gt=0, lt=1, description="Margin of rules about the stratum `all`.")
    stratum: float = Field(default=0.02, gt=0, lt=1, description="Margin of all other rules.")


class Rule(_Settings):
    """What one metric must show in every stratum that a pattern matches."""

    stratum: str = Field(description="`all`, or `attribute=value` joined by `/`; a value may be a glob: `class=*/size=small`.")
    metric: str = Field(description="Metric that is held, with `@jitter`, `@mean` or `@worst` behind it for other boxes.")
    margin: float | None = Field(
        default=None, gt=0, lt=1, description="Largest drop that is acceptable, as a share; null takes `margin` of the file."
    )
    min_instances: StrictInt | None = Field(
        default=None, ge=1, description="As `min_instances` of the file, for this rule; null takes that."
    )
    beats: tuple[Baseline, ...] = Field(
        default=(), description="Baselines that the candidate must beat: the filled box, its inscribed ellipse."
    )
    beats_by: float = Field(default=0.0, ge=0, lt=1, description="By how much each of them is to be beaten, as a share.")
    least: float | None = Field(
        default=None, ge=0, le=1, description="Value that the mean must exceed (for an error: stay below); null asks nothing."
    )
    compare: bool = Field(default=True, description="Whether the candidate is compared with the champion, where there is one.")
    any_regression: Literal["block", "inform"] = Field(
        default="block", description="What a significant drop does: fail the verdict, or only be told."
    )

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

    version: Literal[1] = Field(default=1, description="Version of this file's format.")
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Level of every one-sided test.")
    power: float = Field(default=0.8, gt=0.5, lt=1, description="Power at which the smallest visible drop is told.")
    min_instances: StrictInt = Field(default=300, ge=2, description="Crops below which a rule is INCONCLUSIVE.")
    margin: Margins = Field(default=Margins(), description="Largest drops that are acceptable.")
    draws: StrictInt = Field(default=2000, ge=200, le=100_000, description="Draws of the bootstrap.")
    seed: StrictInt = Field(default=17, description="Seed of the bootstrap.")
    rules: tuple[Rule, ...] = Field(min_length=1, description="What a candidate must show.")

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
