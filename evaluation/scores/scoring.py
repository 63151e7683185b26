"""Score one model's probability maps on crops; baselines and ceilings need no maps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.baselines import BASELINES, CEILINGS, reference_mask
from evaluation.metrics.instance import MetricSpec, instance_metrics, metric_names
from evaluation.metrics.thresholds import level_counts
from evaluation.scores.curves import Curves, instance_curves, no_curves
from evaluation.scores.observations import observe, window_box, window_masks
from evaluation.scores.strata import crowding_class, thinness_class
from lake.contracts import Reject, Score
from lake.reasons import Reason
from lake.rejects import reject_id

REFERENCES = (*BASELINES, *CEILINGS)
"""Names under which baselines and ceilings are scored, as if they were models."""

Levels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ScoreSetup:
    """What is the same for every crop of one scoring."""

    model: str  # digest, or one of `REFERENCES`
    spec: MetricSpec
    seen: frozenset[str]  # classes among the training crops


@dataclass(slots=True)
class Scored:
    """The result of scoring some crops."""

    scores: list[Score] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    curves: Curves = field(default_factory=no_curves)
    crops: int = 0  # scored, without the rejects


def score_crop(crop: Mapping[str, Any], levels: Levels | None, setup: ScoreSetup, scored: Scored) -> None:
    """Score one crop into `scored`.

    Args:
        crop: The columns `evaluation.scores.observations.CROP_COLUMNS`.
        levels: (window_height, window_width) uint8; None for a baseline or ceiling, which is drawn here.
        setup: Model, metric settings and seen classes.
        scored: Takes the rows.
    """
    truth, ignore = window_masks(crop)
    if not (truth & ~ignore).any():
        scored.rejects.append(_reject(crop, setup.model))
        return
    if levels is None:
        levels = reference_mask(setup.model, truth, window_box(crop)).astype(np.uint8) * 255
    metrics = instance_metrics(observe(crop, levels, truth, ignore), setup.spec)
    scored.crops += 1
    scored.scores += _rows(crop, metrics, setup)
    if setup.model not in REFERENCES:
        scored.curves = scored.curves + instance_curves(level_counts(levels, truth, ~ignore))


def _rows(crop: Mapping[str, Any], metrics: Mapping[str, float], setup: ScoreSetup) -> list[Score]:
    return [
        Score(
            model=setup.model,
            crop_id=crop["crop_id"],
            instance_id=crop["instance_id"],
            image_id=crop["image_id"],
            split=crop["split"],
            domain=crop["domain"],
            customer=crop["customer"],
            class_id=crop["class_id"],
            size=crop["size"],
            thinness=thinness_class(crop["thinness"]),
            crowding=crowding_class(crop["crowding"]),
            owns_centre=crop["owns_centre"],
            seen=crop["class_id"] in setup.seen,
            metric=name,
            value=metrics[name],
        )
        for name in metric_names(setup.spec)
    ]


def _reject(crop: Mapping[str, Any], model: str) -> Reject:
    return Reject(
        reject_id=reject_id("score", f"{model}/{crop['crop_id']}", Reason.EMPTY_TRUTH.value),
        stage="score",
        source=model,
        source_ref=crop["crop_id"],
        reason=Reason.EMPTY_TRUTH.value,
        detail=f"every pixel of instance {crop['instance_id']} inside its window is ignored",
    )
