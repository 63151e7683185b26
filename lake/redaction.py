"""Takes passwords and tokens out of texts that people read: errors, log lines, reports."""

import re

HIDDEN = "***"

_IN_ADDRESS = re.compile(r"(?P<before>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:'\"]*:)[^\s'\"]*(?=@)")
_ALONE_IN_ADDRESS = re.compile(r"(?P<before>\bhttps?://)[^\s/?#@:'\"]+(?=@)", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<before>(?:\b|_)(?:token|secret|password|passwd|pwd|credential|signature|sig|api[_-]?key|access[_-]?key)[A-Za-z0-9_.-]*=)"
    r"(?!\s)(?:'[^']*'|\"[^\"]*\"|[^\s&;,'\")]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<before>\bBearer )[^\s'\"]+")


def redacted(text: str) -> str:
    """Return a text with what looks like a secret replaced by `***`.

    That is the password of any address (`scheme://user:password@host`, also one that was not percent-encoded), a lone token
    before the host of an HTTP address, and the value of a parameter that is named like a secret (`?token=…`, `password=…`).
    """
    for pattern in (_IN_ADDRESS, _ALONE_IN_ADDRESS, _NAMED, _BEARER):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    return text
