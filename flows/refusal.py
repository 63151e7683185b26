"""The error of a run whose candidate was not promoted; it carries what the stages reported."""

from collections.abc import Sequence

from lake.errors import GateRefusalError
from lake.publishing.stage_report import StageReport


class RefusedRunError(GateRefusalError):
    """The run did all its stages, and its candidate was not promoted."""

    def __init__(self, message: str, reports: Sequence[StageReport] = ()) -> None:
        super().__init__(message)
        self.reports = tuple(reports)
