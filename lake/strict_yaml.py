"""Parse YAML strictly: a mapping that names a key twice is refused instead of losing the first value."""

from typing import Any

import yaml


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, strict about duplicate keys."""


def parse_yaml(text: str) -> Any:
    """Parse one YAML document.

    Raises:
        yaml.YAMLError: The text is not YAML, or a mapping holds the same key twice; the error names line and column.
    """
    return yaml.load(text, Loader=_StrictLoader)  # a subclass of SafeLoader


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> Any:
    seen = set()
    for key_node in (key_node for key_node, _ in node.value if isinstance(key_node, yaml.ScalarNode)):
        key = (key_node.tag, key_node.value)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"found the key {key_node.value!r} twice", key_node.start_mark)
        seen.add(key)
    return _construct(loader, node)


_construct = yaml.SafeLoader.yaml_constructors["tag:yaml.org,2002:map"]
_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
