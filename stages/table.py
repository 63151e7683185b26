"""The stages by name, in the order of the pipeline; each is loaded when it is run, so that none pays for another's imports."""

import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lake.errors import ConfigurationError
from stages.stage import Stage

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "ingest": "stages.ingest:INGEST",
        "label": "stages.label:LABEL",
        "balance": "stages.balance:BALANCE",
        "crop": "stages.crop:CROP",
        "fit": "stages.fit:FIT",
        "export": "stages.export:EXPORT",
        "predict": "stages.predict:PREDICT",
        "score": "stages.score:SCORE",
        "judge": "stages.judge:JUDGE",
        "promote": "stages.promote:PROMOTE",
        "report": "stages.report:REPORT",
    }
)


def stage_named(name: str) -> Stage[Any]:
    """Return a stage.

    Raises:
        ConfigurationError: There is no such stage.
    """
    if name not in STAGES:
        raise ConfigurationError(f"no stage {name!r}; stages are {', '.join(STAGES)}")
    stage: Stage[Any] = pkgutil.resolve_name(STAGES[name])
    return stage
