"""The HTML page around the sections, with its own style, script and images."""

import base64
import hashlib
import html
import re
from collections.abc import Sequence

from markupsafe import Markup

from evaluation.report.rendering import own_file, render

_HEADING = re.compile(r'<section id="([^"]+)"><details open><summary><h2>([^<]+)</h2>')


def page(title: str, subtitle: str, sections: Sequence[Markup], *, key: str) -> Markup:
    """Return the whole page; the browser is told to load nothing and to run no script but the page's own.

    Args:
        title: Its heading.
        subtitle: A line below.
        sections: In order; the navigation is made from their headings.
        key: Digest of what the page was made from; it stands in the head, so that an unchanged page is not made again.
    """
    style, script = own_file("report.css"), own_file("report.js")
    links = [[html.unescape(found) for found in heading] for heading in _HEADING.findall("".join(sections))]
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{own}'"
    return render(
        "page", title=title, subtitle=subtitle, sections=sections, links=links, style=style, script=script, policy=policy, key=key
    )


def is_made_from(document: bytes, key: str) -> bool:
    """Whether a stored page was made from what `key` stands for."""
    return f'name="centrepiece-key" content="{key}"'.encode() in document[:400]
