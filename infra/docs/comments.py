"""Reads what the comments behind the lines of a class say of its fields or members."""

import inspect
import io
import re
import tokenize


def trailing_comments(owner: type) -> dict[str, str]:
    """Return the comment behind each field or member of a class, by its name.

    Args:
        owner: A class whose source is at hand; a field is the first name of its line.
    """
    return {name: comment for name, comment in _comments(owner) if name is not None}


def sections(owner: type) -> dict[str, str]:
    """Return, for each field or member of a class, the comment on a line of its own that stands above it.

    Args:
        owner: A class whose source is at hand; members before the first such comment are left out.
    """
    found: dict[str, str] = {}
    section = None
    for line in inspect.getsource(owner).splitlines():
        text = line.strip()
        if text.startswith("#"):
            section = text.removeprefix("#").strip()
        elif section is not None and (named := re.match(r"([A-Za-z_]\w*)\s*[:=]", text)):
            found[named.group(1)] = section
    return found


def _comments(owner: type) -> list[tuple[str | None, str]]:
    source = inspect.cleandoc("\n" + inspect.getsource(owner)) + "\n"
    first: dict[int, str] = {}
    comments = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row = token.start[0]
        if token.type == tokenize.NAME:
            first.setdefault(row, token.string)
        elif token.type == tokenize.COMMENT:
            comments.append((first.get(row), token.string.removeprefix("#").strip()))
    return comments
