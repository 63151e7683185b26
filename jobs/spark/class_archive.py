"""Keeps what a JVM learns of Spark's classes, so that the next one starts in half the time (class-data sharing).

The first session of a machine's user writes the archive when it ends, which takes some seconds; later ones map it. It lies in the
user's cache folder, a file for each Java and each Spark. A JVM that cannot use one, or may not write one, starts as ever.
"""

import atexit
import hashlib
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyspark
from pyspark import SparkContext

from jobs.spark.gateway import end_jvm

ARCHIVES_KEPT = 3
"""In a user's cache folder, 120 MB each."""

_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"
"""It says which of thousands of classes it leaves out, and why an archive does not fit."""

_log = logging.getLogger(__name__)


def sharing_options(flags: str) -> str:
    """Return the options by which a JVM that is about to start uses the archive, or writes it when it ends.

    Args:
        flags: The other options of that JVM; another set of them has an archive of its own.
    """
    archive = _archive(flags)
    if archive is None or any(character.isspace() for character in str(archive)):
        return ""
    if archive.exists():
        return f"-XX:SharedArchiveFile={archive} {_QUIET}"
    writing = Path(f"{archive}.{os.getpid()}")
    atexit.register(_keep, writing, archive)
    return f"-XX:ArchiveClassesAtExit={writing} {_QUIET}"


def _archive(flags: str) -> Path | None:
    """Return where the archive of this Java and this Spark lies; None where there is no folder for it."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else Path(shutil.which("java") or "")
    jars = Path(pyspark.__file__).parent / "jars"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "centrepiece"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK):
            return None
        stamps = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in (java.resolve(), jars)]
    except OSError:
        return None
    name = hashlib.sha256(repr([stamps, pyspark.__version__, flags]).encode()).hexdigest()[:16]
    return folder / f"spark-{name}.jsa"


def _keep(writing: Path, archive: Path) -> None:
    """End the JVM, wait for its archive, and put it where later ones look."""
    gateway: Any = SparkContext._gateway
    if gateway is not None and gateway.proc is not None and gateway.proc.poll() is None:
        _log.info("keeping what Spark's JVM has loaded in %s; the next one starts sooner", archive)
        with suppress(Exception):  # the process is at its end, whatever state Spark is in
            end_jvm()
    with suppress(OSError):
        writing.replace(archive)
        _remove_old(archive.parent)


def _remove_old(folder: Path) -> None:
    """Keep the newest archives; those before, of a Java or a Spark that is gone, and what killed JVMs left, go."""
    newest_first = sorted(folder.glob("spark-*.jsa*"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in newest_first[ARCHIVES_KEPT:]:
        old.unlink()
