"""Label maps: which of our classes each verbatim label of a customer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.configuration import Name
from lake.errors import ConfigurationError
from lake.strict_yaml import read_yaml
from lake.validation_errors import explain
from taxonomy.names import normalised
from taxonomy.tree import ClassTree

TO_IGNORE = ""
"""What a label map says of a label whose regions are only to be ignored: no class."""


class _LabelMapFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    customer: Name
    labels: dict[str, str] = {}
    ignore: list[str] = []


@dataclass(frozen=True, slots=True)
class LabelMap:
    """What one customer's labels mean."""

    customer: str
    classes: Mapping[str, str]  # verbatim label -> class_id, or TO_IGNORE
    loose: Mapping[str, str]  # the same by normalised label, where all spellings agree
    path: Path | None = None  # the file that says it

    def class_of(self, label: str) -> str | None:
        """Return the class_id that a label means, TO_IGNORE, or None where the map does not hold the label.

        The exact spelling decides; failing that, the spelling without regard to case and white space.
        """
        exact = self.classes.get(label)
        return self.loose.get(normalised(label)) if exact is None else exact

    def entries_for(self, label: str) -> tuple[str, ...]:
        """Return the entries of the map that say what a label means: itself, or those that differ in case or space."""
        if label in self.classes:
            return (label,)
        return tuple(entry for entry in self.classes if normalised(entry) == normalised(label))


def load_label_maps(folder: Path, tree: ClassTree) -> dict[str, LabelMap]:
    """Read every `*.yaml` and `*.yml` of a folder.

    Args:
        folder: Holds one file per customer.
        tree: The class tree that the maps point into.

    Returns:
        The maps by customer.

    Raises:
        ConfigurationError: The folder is missing, a file is malformed or names no class of the tree, or two files are
            of one customer.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"label_maps: expected a folder of YAML files, one per customer, at {folder}")
    maps: dict[str, LabelMap] = {}
    files: dict[str, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")):
        label_map = load_label_map(path, tree)
        if label_map.customer in maps:
            first = files[label_map.customer]
            raise ConfigurationError(f"{first} and {path} are both of customer {label_map.customer!r}: join them")
        maps[label_map.customer], files[label_map.customer] = label_map, path
    return maps


def load_label_map(path: Path, tree: ClassTree) -> LabelMap:
    """Read one customer's label map.

    Raises:
        ConfigurationError: The file is missing or malformed, has an unknown key, points to what is no class, or both
            maps and ignores a label.
    """
    document = read_yaml(path)
    _refuse_bare_values(document, path)
    try:
        file = _LabelMapFile.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error, _LabelMapFile)}") from None
    duplicate = sorted(set(file.labels) & set(file.ignore))
    if duplicate:
        raise ConfigurationError(f"{path}: {duplicate} are mapped and ignored: take them out of `labels` or `ignore`")
    classes: dict[str, str] = dict.fromkeys(file.ignore, TO_IGNORE)
    for label, target in file.labels.items():
        try:
            classes[label] = tree.class_of(target)
        except ValueError as error:
            raise ConfigurationError(f"{path}: label {label!r}: {error}") from None
    return LabelMap(file.customer, classes, _loose(classes), path)


def _loose(classes: Mapping[str, str]) -> dict[str, str]:
    meanings: dict[str, set[str]] = {}
    for label, class_id in classes.items():
        meanings.setdefault(normalised(label), set()).add(class_id)
    return {label: found.pop() for label, found in meanings.items() if len(found) == 1}


def _refuse_bare_values(document: Mapping[str, Any], path: Path) -> None:
    labels, ignore = document.get("labels"), document.get("ignore")
    names = [*(labels if isinstance(labels, Mapping) else ()), *(ignore if isinstance(ignore, list) else ())]
    bare = [name for name in names if not isinstance(name, str)]
    if bare:
        raise ConfigurationError(
            f"{path}: labels must be text, got {bare!r}; put quotes around them (YAML reads bare numbers, "
            "dates and words such as yes, no, on, off as values)"
        )
