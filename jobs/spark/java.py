"""The Java that Spark would start: its version, and an error with the line that installs one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from lake.errors import ConfigurationError

JAVA_LINE = "apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless"
OLDEST_JAVA = 17


def java_version() -> int | None:
    """Return the major version of the Java that Spark would start, or None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return None
    found = re.search(r'^JAVA_VERSION="(\d+)', _release(Path(java)), re.MULTILINE) or re.search(r'version "(\d+)', _said_by(java))
    return int(found.group(1)) if found else None


def _release(java: Path) -> str:
    """Return what the installation of a Java says of itself in a file, which costs nothing; empty where it has none."""
    try:
        return (java.resolve().parent.parent / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _said_by(java: str) -> str:
    return subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr


def require_java() -> None:
    """Refuse to start what needs Spark on a machine without a fitting Java.

    Raises:
        ConfigurationError: Java is missing or older than 17; the message holds the line that installs it.
    """
    found = java_version()
    if found is None or found < OLDEST_JAVA:
        came = "none is installed" if found is None else f"found {found}"
        raise ConfigurationError(f"Spark needs Java {OLDEST_JAVA} or newer, {came}; on Debian or Ubuntu: {JAVA_LINE}")
