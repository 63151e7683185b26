"""The HTML page around the sections, with its own style, script and images."""

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files

from evaluation.report.pages.markup import text

_HEADING = re.compile(r'<section id="([^"]+)"><details open><summary><h2>([^<]+)</h2>')


def page(title: str, subtitle: str, sections: Sequence[str], *, key: str) -> str:
    """Return the whole page; the browser is told to load nothing and to run no script but the page's own.

    Args:
        title: Its heading.
        subtitle: A line below.
        sections: From `evaluation.report.pages.markup.section`, in order; the navigation is made from them.
        key: Digest of what the page was made from; it stands in the head, so that an unchanged page is not made again.
    """
    folder = files("evaluation.report")
    style, script = folder.joinpath("report.css").read_text(encoding="utf-8"), folder.joinpath("report.js").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{identity}">{name}</a>' for identity, name in _HEADING.findall("".join(sections)))
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{own}'"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="centrepiece-key" content="{text(key)}">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{text(title)}</title><style>{style}</style></head>'
        f'<body><a class="skip" href="#main">To the content</a><header><h1>{text(title)}</h1><p class="facts">{text(subtitle)}</p>'
        f'<nav aria-label="Sections">{links}</nav></header><main id="main">{"".join(sections)}</main>'
        f"<footer>Made by centrepiece from its tables; this file needs no network.</footer><script>{script}</script></body></html>\n"
    )


def is_made_from(document: bytes, key: str) -> bool:
    """Whether a stored page was made from what `key` stands for."""
    return f'name="centrepiece-key" content="{key}"'.encode() in document[:400]
