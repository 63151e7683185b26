"""Adds entries to the text of a label map, leaving every line and remark that stands there as it is."""

from collections.abc import Mapping, Sequence

import yaml

from taxonomy.suggestions import quoted


def with_entries(text: str, labels: Mapping[str, str], ignore: Sequence[str]) -> str:
    """Return the text of a label map with more entries.

    Args:
        text: Of the file: a mapping with `customer`, and perhaps `labels` and `ignore`.
        labels: What to add to `labels`.
        ignore: What to add to `ignore`.

    Raises:
        yaml.YAMLError: The text is no YAML.
        ValueError: It is no mapping, or `labels` or `ignore` is of another kind.
    """
    text = _extended(text, "labels", yaml.MappingNode, [f"{quoted(label)}: {quoted(target)}" for label, target in labels.items()])
    return _extended(text, "ignore", yaml.SequenceNode, [quoted(label) for label in ignore])


def _extended(text: str, key: str, kind: type[yaml.CollectionNode], entries: Sequence[str]) -> str:
    """Add entries to the collection under a key at the top, in the style that it has: behind its last line, or within its brackets."""
    if not entries:
        return text
    node = _member(text, key)
    mark = "- " if kind is yaml.SequenceNode else ""
    if node is None:
        lines = "".join(f"  {mark}{entry}\n" for entry in entries)
        return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{key}:\n{lines}"
    if not isinstance(node, kind):
        raise ValueError(f"expected {key} as a {'list' if mark else 'mapping'}")
    if node.flow_style:
        begin = text.index("[" if mark else "{", node.start_mark.index) + 1
        return f"{text[:begin]}{', '.join(entries)}{', ' if node.value else ''}{text[begin:]}"
    last = node.value[-1][1] if kind is yaml.MappingNode else node.value[-1]
    line_end = text.find("\n", last.end_mark.index)
    at = len(text) if line_end < 0 else line_end
    indent = " " * node.start_mark.column
    return text[:at] + "".join(f"\n{indent}{mark}{entry}" for entry in entries) + text[at:]


def _member(text: str, key: str) -> yaml.Node | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise ValueError("expected a mapping of customer, labels and ignore, a line each")
    return next((value for name, value in root.value if isinstance(name, yaml.ScalarNode) and name.value == key), None)
