"""Versions of the code of ingest, on which stage keys and what is kept of exports depend."""

INGEST_VERSION = 5
"""Raised when the same export gives other rows."""

JUDGED = 1
"""Of how image files are judged: raised when another file is found sound."""
