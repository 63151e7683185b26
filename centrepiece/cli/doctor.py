"""A pipeline file in, findings about machine, configuration and store out."""

import importlib.metadata
import re
import sys
from pathlib import Path

from jobs.spark.java import JAVA_LINE, OLDEST_JAVA, java_version
from lake.configuration import Pipeline, load_pipeline
from lake.errors import ConfigurationError
from lake.maintenance.doctor import Finding, examine

MEMBER = "!"
"""Parts the path of an archive from that of a member in it."""

_CAPPED = {"fastapi": (0, 151), "sqlalchemy": (2, 1)}


def examine_all(pipeline_file: Path, *, verify: bool = False) -> list[Finding]:
    """Examine the machine, then the configuration, then the store; later parts are left out where an earlier one cannot be read."""
    findings = [*examine_machine()]
    try:
        pipeline = load_pipeline(pipeline_file)
    except ConfigurationError as error:
        return [*findings, Finding("fault", "configuration", str(error), f"mend {pipeline_file}")]
    return [*findings, *examine_sources(pipeline), *examine(pipeline, verify=verify)]


def examine_machine() -> list[Finding]:
    """Check Python, Java and the versions that are known not to work together."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    findings = [Finding("good", "python", version, "")]
    java = java_version()
    if java is None:
        findings.append(Finding("fault", "java", "Java is not installed; Spark needs 17 or newer", JAVA_LINE))
    elif java < OLDEST_JAVA:
        findings.append(Finding("fault", "java", f"Java {java} is too old; Spark needs 17 or newer", JAVA_LINE))
    else:
        findings.append(Finding("good", "java", f"Java {java}", ""))
    for package, (major, minor) in _CAPPED.items():
        installed = importlib.metadata.version(package)
        parts = tuple(int(part) for part in re.findall(r"\d+", installed)[:2])
        if parts >= (major, minor):
            mend = f"pip install '{package}<{major}.{minor}'"
            findings.append(Finding("fault", package, f"{package} {installed} breaks Prefect 3.8", mend))
    return findings


def examine_sources(pipeline: Pipeline) -> list[Finding]:
    """Check that what the sources name exists, as far as it is local."""
    findings = []
    for source in pipeline.sources:
        for key in ("annotations", "images", "classes"):
            place = getattr(source, key)
            if place is not None and "://" not in place and not Path(place.split(MEMBER)[0]).exists():
                what = f"source {source.name}"
                findings.append(Finding("fault", what, f"{key} {place} does not exist", "correct the path in the pipeline file"))
    return findings or [Finding("good", "sources", f"{len(pipeline.sources)} sources are in place", "")]
