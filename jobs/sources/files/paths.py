"""Checks the paths that an export names, so that none of them leads out of its folder."""

import re

from lake.errors import InputError

LONGEST_NAME = 1024
"""Characters; longer names are refused."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""Most names: no part is empty or begins with a dot, and nothing in them needs a closer look."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class HostilePathError(InputError):
    """A name of an export would leave the folder it belongs to."""


def safe_path(name: object) -> str:
    """Return a name of an export as a clean POSIX path below the export's folder.

    Raises:
        HostilePathError: The name is not text, is empty or too long, is absolute, names a drive or a scheme, holds a
            control character, or climbs with `..`.
    """
    if isinstance(name, str) and len(name) <= LONGEST_NAME and _PLAIN.fullmatch(name):
        return name
    if not isinstance(name, str) or not name.strip():
        raise HostilePathError(f"expected a file name, got {_shown(name)}")
    if len(name) > LONGEST_NAME:
        raise HostilePathError(f"a file name of {len(name):,} characters exceeds {LONGEST_NAME:,}: {_shown(name)}")
    if _CONTROL.search(name):
        raise HostilePathError(f"a file name holds a control character: {_shown(name)}")
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if slashed.startswith("/") or not parts or ":" in parts[0]:
        raise HostilePathError(f"expected a path below the export's folder, got {_shown(name)}")
    if ".." in parts:
        raise HostilePathError(f"the file name {_shown(name)} climbs out of the export's folder")
    return "/".join(parts)


def _shown(name: object) -> str:
    text = repr(name)
    return text if len(text) <= 80 else text[:77] + "…'"
