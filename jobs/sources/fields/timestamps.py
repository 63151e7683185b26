"""Timestamps as exports write them, read as UTC."""

from datetime import UTC, datetime


def utc_timestamp(value: object) -> datetime | None:
    """Read an ISO 8601 timestamp, or seconds or milliseconds since 1970; None for anything else.

    A timestamp without a zone is taken as UTC; a number above 10^11 is of milliseconds.
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
