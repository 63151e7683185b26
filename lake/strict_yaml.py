"""Read YAML files strictly: what is twice, too deep, too large or no value that settings can have is refused in one line."""

import math
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from lake.errors import ConfigurationError

MOST_BYTES = 1 << 20
"""Of a file; the longest label maps in use have a tenth of that."""
MOST_LEVELS = 50
MOST_VALUES = 200_000
"""With every alias counted as often as what it stands for."""
_WHOLE_NUMBERS = range(-(1 << 63), 1 << 63)


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader with limits, strict about duplicate keys."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = self._values = 0
        self._values_of: dict[str, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, and count it; an alias counts as what it stands for."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        alias = isinstance(event, yaml.AliasEvent)
        if alias and event.anchor in self.anchors and event.anchor not in self._values_of:
            raise ConstructorError(None, None, f"found the alias *{event.anchor} inside of what it stands for", event.start_mark)
        before, self._level = self._values, self._level + 1
        self._values += self._values_of.get(event.anchor, 1) if alias else 1
        if self._level > MOST_LEVELS:
            raise ConstructorError(None, None, f"values lie in each other more than {MOST_LEVELS} deep", event.start_mark)
        if self._values > MOST_VALUES:
            raise ConstructorError(None, None, f"found more than {MOST_VALUES:,} values, aliases counted", event.start_mark)
        node = super().compose_node(parent, index)
        self._level -= 1
        if not alias and getattr(event, "anchor", None) is not None:
            self._values_of[event.anchor] = self._values - before
        return node


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping.

    Raises:
        ConfigurationError: It cannot be read, is too large, no UTF-8 text, no YAML, or no mapping.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"cannot read {path}: it is no file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"{path} is larger than {MOST_BYTES:,} bytes, the most that a file of settings may have")
    try:
        document = parse_yaml(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {_in_one_line(error)}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: expected a mapping at the top level, got {type(document).__name__}")
    return document


def parse_yaml(text: str) -> Any:
    """Parse one YAML document.

    Raises:
        yaml.YAMLError: The text is not YAML, a mapping holds the same key twice, a value is one that no setting can have (a
            whole number beyond 64 bits, a number that is not finite where it was not written so, a NUL in a text), or there
            are too many of them; the error names line and column.
    """
    return yaml.load(text, Loader=_StrictLoader)  # a subclass of SafeLoader


def _in_one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    told = getattr(error, "problem", None) or str(error)
    where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return " ".join(f"{told}{where}".split())[:500]


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> Any:
    seen: set[Hashable] = set()
    for key_node in (key_node for key_node, _ in node.value if isinstance(key_node, yaml.ScalarNode)):
        key = (key_node.tag, key_node.value)
        if key in seen:
            raise ConstructorError(None, None, f"found the key {key_node.value[:100]!r} twice", key_node.start_mark)
        seen.add(key)
    return _SAFE["map"](loader, node)


def _scalar(loader: _StrictLoader, node: yaml.Node) -> Any:
    kind = node.tag.rpartition(":")[2]
    try:
        value = _SAFE[kind](loader, node)
    except (ValueError, LookupError, AttributeError, OverflowError):
        raise ConstructorError(None, None, f"found {str(node.value)[:40]!r}, which is no {kind}", node.start_mark) from None
    if isinstance(value, int) and value not in _WHOLE_NUMBERS:
        raise ConstructorError(None, None, f"found a whole number of more than 64 bits, {str(node.value)[:40]}…", node.start_mark)
    if isinstance(value, float) and math.isinf(value) and "inf" not in str(node.value).lower():
        raise ConstructorError(None, None, f"found {str(node.value)[:40]!r}, a number too large", node.start_mark)
    if isinstance(value, str) and ("\0" in value or (not value.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in value))):
        raise ConstructorError(None, None, "found a text with a NUL or half a character in it", node.start_mark)
    return value


_SAFE: dict[str, Callable[[Any, Any], Any]] = {
    kind: yaml.SafeLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"] for kind in ("map", "bool", "int", "float", "timestamp", "str")
}
_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
for _kind in ("bool", "int", "float", "timestamp", "str"):
    _StrictLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _scalar)
