"""What one run of a stage says of itself: rows in, rows out, rejects by reason, and what it committed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake.errors import ConservationError, EmptyCheckError


@dataclass(frozen=True, slots=True)
class StageReport:
    """The outcome of one stage; the same whether a flow or the command line ran it."""

    stage: str
    key: str  # the stage key; several sources of one ingest are joined by a comma
    skipped: bool  # everything was already committed: nothing was written
    rows_in: int
    rows_out: int
    rejected: Mapping[str, int] = field(default_factory=dict)  # by reason
    snapshots: Mapping[str, int] = field(default_factory=dict)  # the table's snapshot after this stage
    seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict)  # JSON values: paths, per-source counts, verdicts

    @property
    def notes(self) -> list[str]:
        """Return what the stage has to say to people beside its counts, a sentence each."""
        return list(self.details.get("notes", ()))

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return asdict(self)


def check_conservation(stage: str, *, rows_in: int, rows_out: int, rejected: Mapping[str, int]) -> None:
    """Check `rows in = rows out + rejects`.

    Args:
        stage: Its name, for messages.
        rows_in: Rows read, > 0.
        rows_out: Rows kept.
        rejected: Rows that were not kept, by reason.

    Raises:
        EmptyCheckError: There were no rows to check.
        ConservationError: The identity does not hold.
    """
    if rows_in <= 0:
        raise EmptyCheckError(f"stage {stage!r} read no rows: a check over nothing proves nothing; check its input")
    lost = rows_in - rows_out - sum(rejected.values())
    if lost:
        raise ConservationError(
            f"stage {stage!r}: {rows_in:,} rows in, {rows_out:,} out and {sum(rejected.values()):,} rejected "
            f"leave {lost:,} unaccounted for; nothing was published (rejects by reason: {dict(rejected)})"
        )
