"""Scores of several models on the same crops, one row a crop with every value, or an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evaluation.metrics.instance import LOWER_IS_BETTER
from evaluation.scores.robustness import SUMMARIES, split_metric, summarised
from lake.contracts import STRATUM_COLUMNS
from lake.errors import InputError
from lake.lake import Lake
from lake.publishing.snapshots import AsOf

MetricValues = NDArray[np.float64]
_COLUMNS = ("crop_id", "image_id", *STRATUM_COLUMNS.values(), "metric", "value")


@dataclass(frozen=True, slots=True)
class PairedScores:
    """One metric of several models on the same crops."""

    metric: str
    crops: pa.Table  # crop_id, image_id and the attributes, by crop_id
    images: NDArray[np.int64]  # (N,) image codes
    values: Mapping[str, MetricValues]  # (N,) by model, baseline or ceiling; NaN where undefined

    def gain(self, candidate: str, other: str) -> MetricValues:
        """Return (N,) how much better the candidate is, whichever way the metric points."""
        difference = self.values[candidate] - self.values[other]
        return -difference if self.lower_is_better else difference

    @property
    def lower_is_better(self) -> bool:
        """Which way the metric points."""
        return split_metric(self.metric)[0] in LOWER_IS_BETTER


def read_paired(lake: Lake, models: Sequence[str], metrics: Sequence[str], *, as_of: AsOf = None) -> dict[str, PairedScores]:
    """Read metrics of some models, paired by crop.

    Args:
        lake: Holds the scores.
        models: Names; those with an `@` are models under a jitter and stand for a metric such as `iou@worst`.
        metrics: Stored names, with `@mean`, `@worst` or `@<jitter>` for robustness; baselines and ceilings know no jitter.
        as_of: Of the scores.

    Raises:
        InputError: A model has no scores, or scores of other crops than the first, or no scores under a jitter that is asked for.
        MissingTableError: Nothing has been scored.
    """
    plain = sorted({split_metric(metric)[0] for metric in metrics})
    where = {"model": list(models), "metric": plain}
    rows = lake.read("scores", columns=["model", *_COLUMNS], where=where, as_of=as_of).combine_chunks()
    named = {metric: pair(rows.filter(pc.field("metric") == metric), models, metric) for metric in plain}
    return {metric: _under_jitter(named[split_metric(metric)[0]], metric) for metric in metrics}


def _under_jitter(scores: PairedScores, metric: str) -> PairedScores:
    jitter = split_metric(metric)[1]
    values = {name: found for name, found in scores.values.items() if "@" not in name}
    if jitter is None:
        return PairedScores(metric, scores.crops, scores.images, values)
    for model in values:
        rows = [
            scores.values[name] for name in scores.values if name.startswith(f"{model}@") and jitter in (*SUMMARIES, name.split("@")[1])
        ]
        if rows:
            values[model] = summarised(np.stack(rows), jitter, lower_is_better=scores.lower_is_better)
    if not any(name.endswith(f"@{jitter}") or (jitter in SUMMARIES and "@" in name) for name in scores.values):
        raise InputError(f"metric {metric!r} needs scores under jittered boxes; add them to evaluation.jitters, then predict and score")
    return PairedScores(metric, scores.crops, scores.images, values)


def pair(rows: pa.Table, models: Sequence[str], metric: str) -> PairedScores:
    """Pair the rows of one metric.

    Args:
        rows: Rows of `scores` of that metric, one a model and crop.
        models: The models to pair; the first is the one whose crops the others must have.
        metric: The metric's stored name.

    Raises:
        InputError: A model has no rows, two of one crop, or rows of other crops than the first model.
    """
    by_model = {model: rows.filter(pc.field("model") == model).sort_by("crop_id") for model in models}
    first = by_model[models[0]]
    for model, table in by_model.items():
        if not table.num_rows:
            raise InputError(f"model {model[:24]} has no scores of {metric!r}; run `centrepiece score PIPELINE --model {model[:12]}`")
        if not table.column("crop_id").equals(first.column("crop_id")):
            raise InputError(
                f"models {models[0][:24]} and {model[:24]} were scored on different crops ({first.num_rows:,} and "
                f"{table.num_rows:,} of {metric!r}); predict and score both on the present crops"
            )
    if pc.count_distinct(first.column("crop_id")).as_py() != first.num_rows:
        raise InputError(f"model {models[0][:24]} has two scores of one crop in {metric!r}; score it again")
    codes = pc.dictionary_encode(first.column("image_id")).combine_chunks().indices
    values = {model: np.asarray(table.column("value").to_numpy(), dtype=np.float64) for model, table in by_model.items()}
    return PairedScores(metric, first.drop_columns(["model", "metric", "value"]), codes.to_numpy().astype(np.int64), values)
