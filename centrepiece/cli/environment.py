"""Set this process's environment up: no telemetry, and defaults for Prefect and for the processes that it starts.

To be done before Prefect is imported.
"""

import os
from collections.abc import MutableMapping

from centrepiece.packages import PACKAGES

TELEMETRY_OFF = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "GX_ANALYTICS_ENABLED": "false"}
"""Nothing is reported to anybody: Prefect and Great Expectations would otherwise."""

DEFAULTS = {
    # A temporary server needs more than Prefect's 20 s on a busy laptop.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # A server that is lost is soon seen to be: Prefect would wait for minutes, and again at the next stage.
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    "PREFECT_API_REQUEST_TIMEOUT": "15",
    # Threads that show progress log outside of any flow run; that is no reason for a warning.
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_LOGGING_EXTRA_LOGGERS": ",".join(PACKAGES),
    # Spark's workers would look for our packages in the current folder first, where a user may have a `jobs/` of their own.
    "PYTHONSAFEPATH": "1",
}


def prepare_environment(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the defaults that are not set yet; what the user has set wins, except that telemetry is off.

    Args:
        environment: Variables by name; this process's own by default.
    """
    environment.update(TELEMETRY_OFF)
    for name, value in DEFAULTS.items():
        environment.setdefault(name, value)
