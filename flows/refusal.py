"""A run that ended with a refused promotion: what its stages reported goes with the refusal."""

from collections.abc import Sequence

from lake.errors import GateRefusalError
from lake.publishing.stage_report import StageReport


class RefusedRunError(GateRefusalError):
    """The run did all its stages, and its candidate was not promoted."""

    def __init__(self, message: str, reports: Sequence[StageReport] = ()) -> None:
        super().__init__(message)
        self.reports = tuple(reports)
