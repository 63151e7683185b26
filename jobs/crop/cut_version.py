"""Which code and settings crops are cut by."""

from lake.configuration import CropSpec
from lake.digests import digest

CUT_VERSION = 4
"""Of what `jobs.crop.cut` does: raised when the same plan gives other crops."""


def spec_digest(spec: CropSpec) -> str:
    """Return what `Crop.spec` holds: crops of equal crop_id and spec have equal pixels."""
    return digest("crops", spec, CUT_VERSION)
