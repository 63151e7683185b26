"""The tree of class paths in a taxonomy file: leaves are classes, each named once."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taxonomy.names import normalised


@dataclass(frozen=True, slots=True)
class ClassTree:
    """The classes, by leaf name, with their paths from the root."""

    paths: Mapping[str, str]  # class_id -> class_path
    branches: frozenset[str]  # paths of the inner nodes

    def path_of(self, name: str) -> str:
        """Return the path of a node.

        Args:
            name: A leaf's name, or the full path of a leaf or of an inner node.

        Raises:
            ValueError: No node has that name; the message names the nearest one.
        """
        if name in self.paths:
            return self.paths[name]
        if name in self.branches or name in self.paths.values():
            return name
        raise ValueError(f"{name!r} is neither a leaf nor a path of the class tree{self._nearest(name)}")

    def class_of(self, name: str) -> str:
        """Return the class_id of a leaf given by its name or by its full path.

        Raises:
            ValueError: The name is unknown, or is that of an inner node.
        """
        path = self.path_of(name)
        if path in self.branches:
            raise ValueError(f"{name!r} is an inner node of the class tree; name one of its leaves")
        return path.rpartition("/")[2]

    def _nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name, [*self.paths, *self.paths.values(), *self.branches], n=1)
        return f"; did you mean {near[0]!r}?" if near else ""


def grow(classes: Mapping[str, Any]) -> ClassTree:
    """Build the class tree.

    Args:
        classes: Nested mappings; a leaf is an empty mapping or null.

    Raises:
        ValueError: A name is not text, is blank or holds a slash; a node is neither a mapping nor null; the mappings
            form a cycle; two leaves have the same name; a leaf has the name of a node below the root.
    """
    paths: dict[str, str] = {}
    branches: set[str] = set()
    taken: dict[str, str] = {}
    for path, is_leaf in _nodes(classes, (), ()):
        if not is_leaf:
            branches.add(path)
            continue
        leaf = path.rpartition("/")[2]
        other = taken.setdefault(normalised(leaf), path)
        if other != path:
            raise ValueError(f"leaf {leaf!r} stands at {other!r} and at {path!r}: a class has one place in the tree")
        paths[leaf] = path
    duplicate = sorted(branches & set(paths))
    if duplicate:
        raise ValueError(f"{duplicate[0]!r} is a leaf at {paths[duplicate[0]]!r} and an inner node of its own: rename one")
    if not paths:
        raise ValueError("the class tree has no leaf")
    return ClassTree(paths, frozenset(branches))


def _nodes(node: Mapping[Any, Any], trail: tuple[str, ...], above: tuple[int, ...]) -> Iterator[tuple[str, bool]]:
    if id(node) in above:
        raise ValueError(f"the class tree has a cycle: {'/'.join(trail)!r} contains itself")
    for name, below in node.items():
        here = (*trail, _checked(name, trail))
        if below is not None and not isinstance(below, Mapping):
            raise ValueError(f"node {'/'.join(here)!r}: expected a mapping of sub-classes, or {{}} for a class, got {below!r}")
        yield "/".join(here), not below
        if below:
            yield from _nodes(below, here, (*above, id(node)))


def _checked(name: Any, trail: tuple[str, ...]) -> str:
    where = "/".join(trail) or "the root"
    if not isinstance(name, str):
        raise ValueError(f"under {where}: expected a name in quotes, got {name!r} (YAML reads some bare words as values)")
    if not name.strip() or name != name.strip() or "/" in name:
        raise ValueError(f"under {where}: a name is not blank, has no slash and no space at its ends, got {name!r}")
    return name
