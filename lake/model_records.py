"""A model's row in the record of its publication, from which it is restored: training again would cost hours."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from lake.contracts import Model
from lake.errors import PublishError
from lake.publishing.records import PublicationRecord

ROW = "row"
"""Name, among the details of a report of fit, of the row that was published."""


def as_recorded(row: Model) -> dict[str, Any]:
    """Return a model's row as JSON values."""
    return {**asdict(row), "created_at": row.created_at.isoformat()}


def recorded_model(record: PublicationRecord) -> Model:
    """Return the row that a publication of fit appended.

    Raises:
        PublishError: Its record does not hold it.
    """
    try:
        row = record.report.details[ROW]
        return Model(**{**row, "created_at": datetime.fromisoformat(row["created_at"])})
    except (KeyError, TypeError, ValueError) as error:
        raise PublishError(
            f"the record of publication {record.report.key[:16]} does not hold the model's row ({error!r}); restore the file from a backup"
        ) from None
