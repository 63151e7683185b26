"""Says of each instance why it can never be planned, before any quota is drawn."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.columns import flags, texts, whole
from lake.configuration import CropSpec
from lake.dispositions import BACKGROUND, IGNORED, UNAPPROVED
from lake.reasons import Reason

ELIGIBLE = ""
"""Stands where an instance can be planned."""

Reasons = npt.NDArray[np.object_]


def find_ineligible(instances: pa.Table, spec: CropSpec) -> Reasons:
    """Say why each instance can never be planned.

    In this order: what is not kept under the taxonomy; `too-small`, when both sides of the box are under `min_side` (a
    pole 3 px wide and 90 high stays); `too-large`, when a side of the box exceeds `max_side`; `centre-unownable`, when a
    training window would have to keep a central pixel that is not the instance's.

    Args:
        instances: Rows of `instances`, with at least disposition, split, box, area and owns_centre.
        spec: Sides and the centre rule.

    Returns:
        (N,) a `Reason`, or ELIGIBLE.
    """
    width, height = whole(instances, "box_width"), whole(instances, "box_height")
    keeps_strangers_centre = (texts(instances, "split") == "train") & ~flags(instances, "owns_centre") & (spec.centre == "keep")
    reasons = np.full(len(instances), ELIGIBLE, object)
    reasons[keeps_strangers_centre | (whole(instances, "area") < 1)] = Reason.CENTRE_UNOWNABLE
    reasons[np.maximum(width, height) > spec.max_side] = Reason.TOO_LARGE
    reasons[np.maximum(width, height) < spec.min_side] = Reason.TOO_SMALL
    disposition = texts(instances, "disposition")
    for name in (BACKGROUND, UNAPPROVED, IGNORED):
        reasons[disposition == name] = Reason(name)
    return reasons
