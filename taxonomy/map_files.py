"""Writes suggestions into the customers' label maps: a new file where there is none, else more entries in the one that stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lake.dispositions import IGNORED
from lake.errors import ConfigurationError
from lake.strict_yaml import parse_yaml
from taxonomy.labelling import Labelling
from taxonomy.map_edits import with_entries
from taxonomy.suggestions import Suggestion, as_label_maps


@dataclass(frozen=True, slots=True)
class WrittenMap:
    """A label map that was written, and what it still says nothing of."""

    path: Path
    added: int  # entries
    left: tuple[str, ...]  # labels for which nothing was proposed


def write_label_maps(labelling: Labelling, suggestions: Iterable[Suggestion]) -> list[WrittenMap]:
    """Write each customer's suggestions into the file of its label map; entries that stand there stay as they are.

    Args:
        labelling: The taxonomy and the label maps.
        suggestions: For labels that no map holds.

    Raises:
        ConfigurationError: A file cannot be extended, or cannot be written.
    """
    by_customer: dict[str, list[Suggestion]] = {}
    for one in suggestions:
        by_customer.setdefault(one.customer, []).append(one)
    return [_write(labelling.map_file(customer), customer, ones) for customer, ones in by_customer.items()]


def _write(path: Path, customer: str, ones: list[Suggestion]) -> WrittenMap:
    labels = {one.label: one.class_id for one in ones if one.class_id}
    ignore = [one.label for one in ones if one.disposition == IGNORED]
    left = tuple(one.label for one in ones if one.disposition is None)
    try:
        text = _extended(path, labels, ignore) if path.exists() else as_label_maps(ones)[customer]
        _replace(path, text)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be extended ({error}); paste what `centrepiece taxonomy suggest` prints") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from None
    return WrittenMap(path, len(labels) + len(ignore), left)


def _extended(path: Path, labels: dict[str, str], ignore: list[str]) -> str:
    """Return the text of a file with more entries, after checking that it says just what it said and these."""
    before = path.read_text(encoding="utf-8")
    after = with_entries(before, labels, ignore)
    said, says = _entries(before), _entries(after)
    if says != {**said, "labels": {**said["labels"], **labels}, "ignore": sorted([*said["ignore"], *ignore])}:
        raise ValueError("its layout does not let entries be added")
    return after


def _entries(text: str) -> dict[str, Any]:
    document = parse_yaml(text)
    return {**document, "labels": document.get("labels") or {}, "ignore": sorted(document.get("ignore") or [])}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
