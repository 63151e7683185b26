"""The key of a model's scores: whether they are of the present crops is a question of this key."""

from dataclasses import asdict
from typing import Any

from evaluation.metrics.instance import MetricSpec, metric_names
from evaluation.metrics.tracing import TracingPrices
from evaluation.scores.robustness import split_metric
from evaluation.scores.scoring import REFERENCES
from lake.configuration import Pipeline
from lake.digests import StageKey, stage_key
from lake.errors import InputError
from lake.lake import Lake
from lake.publishing.records import Target
from lake.publishing.snapshots import Snapshot

SCORING_VERSION = 2
"""Raised when the same masks and settings give other scores."""


def metric_spec(pipeline: Pipeline) -> MetricSpec:
    """Return the metric settings of a pipeline."""
    evaluation = pipeline.evaluation
    prices = TracingPrices(outline_s=evaluation.tracing.outline_s, click_s=evaluation.tracing.click_s)
    return MetricSpec(edge_tolerance=evaluation.edge_tolerance, prices=prices)


def score_key(lake: Lake, pipeline: Pipeline, model: str) -> StageKey:
    """Return the stage key of scoring a model, or a baseline or ceiling, on the crops as they are now.

    Raises:
        InputError: The model has made no predictions.
        MissingTableError: There are no crops.
    """
    return stage_key("score", inputs=score_inputs(lake, model), spec=score_settings(pipeline, model), version=SCORING_VERSION)


def score_inputs(lake: Lake, model: str) -> dict[str, str]:
    """Return the content digests of what scoring a model reads, by name; raises as `score_key` does."""
    inputs = {"crops": lake.snapshot("crops").content}
    if (trained := trained_on(lake, model)) is not None:
        inputs["trained_on"] = trained.content
    if model not in REFERENCES:
        if not lake.has("predictions") or not lake.files("predictions", part={"model": model}):
            raise InputError(f"model {model[:12]} has no predictions; run `centrepiece predict PIPELINE --model {model[:12]}`")
        inputs["predictions"] = lake.snapshot("predictions", part={"model": model}).content
    return inputs


def score_settings(pipeline: Pipeline, model: str) -> dict[str, Any]:
    """Return the settings that the scores of a model depend on."""
    spec = metric_spec(pipeline)
    return {
        "model": model,
        "splits": pipeline.evaluation.splits,
        "metrics": metric_names(spec),
        "tolerance": spec.edge_tolerance,
        "prices": asdict(spec.prices),
    }


def trained_on(lake: Lake, model: str) -> Snapshot | None:
    """Return the crops that a model was trained on; None for baselines, ceilings and models that another program trained.

    Args:
        lake: Holds the table `models`.
        model: Digest, `<digest>@<jitter>`, or the name of a baseline or ceiling.
    """
    if model in REFERENCES or not lake.has("models"):
        return None
    rows = lake.read("models", columns=["crops_snapshot"], where={"model": split_metric(model)[0]}).to_pylist()
    return lake.snapshot("crops", int(rows[-1]["crops_snapshot"])) if rows else None


def score_targets(model: str) -> list[Target]:
    """Return what scoring a model publishes: its rejects and its scores."""
    return [("rejects", {"stage": "score", "source": model}), ("scores", {"model": model})]
