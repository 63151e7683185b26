"""Examine everything that a pipeline needs: the machine, its packages, the configuration, the sources and the store."""

import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

from jobs.label.decisions import other_sources
from jobs.spark.java import JAVA_LINE, OLDEST_JAVA, java_version
from lake.configuration import Pipeline
from lake.errors import CentrepieceError, ConfigurationError
from lake.lake import open_lake
from lake.maintenance.doctor import Finding, examine
from lake.pipeline_file import load_pipeline
from taxonomy.labelling import load_labelling

MEMBER = "!"
"""Parts the path of an archive from that of a member in it."""


def examine_all(pipeline_file: Path, *, verify: bool = False) -> list[Finding]:
    """Examine the machine, then the configuration, then the store; later parts are left out where an earlier one cannot be read.

    Args:
        pipeline_file: The pipeline's YAML file.
        verify: Read every live file of the store and compare its sha-256 with the one on record.
    """
    findings = [*examine_machine(), *examine_packages(importlib.metadata.requires("centrepiece") or ())]
    try:
        pipeline = load_pipeline(pipeline_file)
    except ConfigurationError as error:
        return [*findings, Finding("fault", "configuration", str(error), f"mend {pipeline_file}")]
    return [
        *findings,
        *examine_sources(pipeline),
        *examine_label_maps(pipeline),
        *examine_other_sources(pipeline),
        *examine(pipeline, verify=verify),
    ]


def examine_machine() -> list[Finding]:
    """Check Python, and Java where Spark is installed."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    findings = [Finding("good", "python", version, "")]
    if importlib.util.find_spec("pyspark") is None:
        mend = "pip install 'centrepiece[spark]' where stages are to run"
        return [*findings, Finding("note", "spark", "pyspark is not installed: no stage that needs it can run here", mend)]
    java = java_version()
    if java is None:
        findings.append(Finding("fault", "java", "Java is not installed; Spark needs 17 or newer", JAVA_LINE))
    elif java < OLDEST_JAVA:
        findings.append(Finding("fault", "java", f"Java {java} is too old; Spark needs 17 or newer", JAVA_LINE))
    else:
        findings.append(Finding("good", "java", f"Java {java}", ""))
    return findings


def examine_packages(requirements: Iterable[str]) -> Iterator[Finding]:
    """Check that what is installed are the versions that centrepiece works with; what is not installed is no fault.

    Args:
        requirements: Of the distribution and its extras, as pyproject.toml declares them, e.g. `fastapi<0.151; extra == "flows"`.
    """
    for requirement in map(Requirement, requirements):
        try:
            installed = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wanted = f"{requirement.name}{requirement.specifier}"
            message = f"{requirement.name} {installed} does not work with centrepiece, which needs {wanted}"
            yield Finding("fault", requirement.name, message, f"pip install '{wanted}'")


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


def examine_label_maps(pipeline: Pipeline) -> Iterator[Finding]:
    """Check that the taxonomy and the label maps can be read, and that each customer has a map."""
    try:
        labelling = load_labelling(pipeline.taxonomy, pipeline.label_maps, may_be_missing=True)
    except ConfigurationError as error:
        yield Finding("fault", "taxonomy", str(error), "correct the file")
        return
    customers = dict.fromkeys(source.customer for source in pipeline.sources)
    for customer in customers:
        if customer not in labelling.maps:
            message = f"customer {customer} has no label map in {labelling.folder}: `label` stops at the first of its labels"
            yield Finding("fault", "label maps", message, "`centrepiece taxonomy suggest PIPELINE --write` drafts it, also before ingest")
    if labelling.maps.keys() >= customers.keys():
        yield Finding("good", "label maps", f"each of {len(customers):,} customers has one")


def examine_other_sources(pipeline: Pipeline) -> list[Finding]:
    """Find sources that stand in the lake and that the pipeline does not name: no stage uses them."""
    try:
        found = other_sources(open_lake(pipeline), pipeline)
    except CentrepieceError:
        return []  # what is wrong with the lake is told by `lake.maintenance.doctor`
    return [
        Finding(
            "note",
            f"source {source}",
            f"is not in the pipeline: its {rows['images']:,} images and {rows['annotations']:,} annotations in the lake are left out",
            f"name it under `sources` again, or `centrepiece withdraw PIPELINE source:{source}`",
        )
        for source, rows in found.items()
    ]
