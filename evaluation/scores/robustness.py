"""Gateable numbers of a crop under jittered boxes: the mean or the worst over the jitters, or one of them."""

import numpy as np
from numpy.typing import NDArray

from imaging.jitter import JITTERS

SUMMARIES = ("mean", "worst")


def jittered_name(model: str, jitter: str) -> str:
    """Return the name under which a model's predictions with jittered boxes stand."""
    return f"{model}@{jitter}"


def split_metric(name: str) -> tuple[str, str | None]:
    """Return the plain metric and the jitter that a name such as `iou@worst` means; None for a plain name."""
    plain, at, jitter = name.partition("@")
    return plain, jitter if at else None


def known_jitter(jitter: str) -> bool:
    """Whether a metric may be asked for under this jitter or summary."""
    return jitter in JITTERS or jitter in SUMMARIES


def summarised(values: NDArray[np.float64], jitter: str, *, lower_is_better: bool) -> NDArray[np.float64]:
    """Return one number a crop from its values under several jitters.

    Args:
        values: (J, N) float64, one row a jitter.
        jitter: `mean`, `worst`, or the name of the only jitter among the rows.
        lower_is_better: Which way the metric points.
    """
    if jitter == "worst":
        return np.asarray(values.max(axis=0) if lower_is_better else values.min(axis=0))
    return np.asarray(values.mean(axis=0))
