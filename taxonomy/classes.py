"""The taxonomy file: the class tree, and which of it is background and which approved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lake.dispositions import BACKGROUND, KEPT, UNAPPROVED
from lake.errors import ConfigurationError
from lake.strict_yaml import read_yaml
from lake.validation_errors import explain
from taxonomy.tree import ClassTree, grow


class _TaxonomyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    classes: dict[Any, Any] = Field(min_length=1)
    background: list[str] = []
    approved: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The classes of a pipeline; background and approved are paths, each standing for its whole subtree."""

    tree: ClassTree
    background: tuple[str, ...]
    approved: tuple[str, ...]

    def disposition(self, class_id: str) -> str:
        """Return "kept", "background" or "unapproved"; what is both background and approved is background."""
        path = self.tree.paths[class_id]
        if _within(path, self.background):
            return BACKGROUND
        return KEPT if _within(path, self.approved) else UNAPPROVED

    def as_json(self) -> dict[str, Any]:
        """Return what the taxonomy says, whatever order and layout its file had: the value that is digested."""
        return {
            "classes": sorted(self.tree.paths.values()),
            "background": sorted(self.background),
            "approved": sorted(self.approved),
        }


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        ConfigurationError: The file is missing or malformed, has an unknown key, a duplicate leaf, a cycle, or lists
            a background or approved entry that is not in the tree.
    """
    document = read_yaml(path)
    try:
        file = _TaxonomyFile.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error, _TaxonomyFile)}") from None
    try:
        return _assembled(file)
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _assembled(file: _TaxonomyFile) -> Taxonomy:
    tree = grow(file.classes)
    background = _paths(tree, file.background, "background")
    approved = _paths(tree, file.approved, "approved")
    duplicate = sorted(set(background) & set(approved))
    if duplicate:
        raise ValueError(f"{duplicate} are listed as background and as approved: take them out of one list")
    taxonomy = Taxonomy(tree, background, approved)
    if not any(taxonomy.disposition(class_id) == KEPT for class_id in tree.paths):
        raise ValueError(f"every approved class is background: approved {list(approved)}, background {list(background)}")
    return taxonomy


def _paths(tree: ClassTree, names: list[str], key: str) -> tuple[str, ...]:
    try:
        return tuple(sorted({tree.path_of(name) for name in names}))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _within(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)
