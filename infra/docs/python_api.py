"""Writes the reference of the Python API from the docstrings of `centrepiece`."""

import inspect
from collections.abc import Iterator
from typing import Any

import centrepiece
from centrepiece.connection import Connection, PipelineConnection
from infra.docs.markdown import page


def public_functions() -> Iterator[tuple[str, Any]]:
    """Yield every function and method of the public API with its whole name."""
    for name in sorted(centrepiece.__all__):
        value = getattr(centrepiece, name)
        if inspect.isfunction(value):
            yield f"centrepiece.{name}", value
    for owner in (Connection, PipelineConnection):
        for name, value in vars(owner).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                yield f"{owner.__name__}.{name}", value


def python_page() -> str:
    """Return the page of the public Python API."""
    sections: dict[str, list[str]] = {}
    for name, function in public_functions():
        sections.setdefault(name.split(".")[0], []).append(_section(name, function))
    about = {"centrepiece": centrepiece, "Connection": Connection, "PipelineConnection": PipelineConnection}
    parts = [f"## {name}\n\n{_as_markdown(value)}\n\n{chr(10).join(sections[name])}" for name, value in about.items()]
    return page("Python API", *parts)


def _section(name: str, function: Any) -> str:
    signature = str(inspect.signature(function)).replace("'", "").replace("(self, ", "(").replace("(self)", "()")
    return f"### {name}\n\n```python\n{name.rpartition('.')[2]}{signature}\n```\n\n{_as_markdown(function)}"


def _as_markdown(value: Any) -> str:
    """Return a Google-style docstring as Markdown: sections become bold words, their entries lists, indented examples stay code."""
    lines: list[str] = []
    inside = False
    for line in (inspect.getdoc(value) or "").splitlines():
        if line in ("Args:", "Returns:", "Raises:"):
            inside = True
            lines += [f"**{line.removesuffix(':')}**", ""]
        elif inside and line.startswith("    ") and line[4:5] not in ("", " ") and ": " in line:
            name, _, meaning = line.strip().partition(": ")
            lines.append(f"- `{name}`: {meaning}")
        else:
            inside = inside and (line.startswith("    ") or not line)
            lines.append(line.strip() if inside else line)
    return "\n".join(lines) + "\n"
