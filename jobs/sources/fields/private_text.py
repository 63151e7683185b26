"""Takes e-mail addresses, signatures and credentials out of text that tables keep."""

import re

from lake.digests import digest

_FILE_ENDINGS = "png|jpe?g|json|bmp|tiff?|webp|gif|txt|xml"  # an image may be called photo@2x.png
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]{1,200}@")
_QUERY = re.compile(r"[?#][^\s'\"<>?#]*=[^\s'\"<>]*")
_ADDRESS = re.compile(rf"[^\s@'\"<>(),;:/\\=?&]{{1,64}}@(?:[\w-]{{1,63}}\.)+(?!(?:{_FILE_ENDINGS})\b)[^\W\d_]{{2,63}}")


def without_secrets(text: str) -> str:
    """Replace what must not be stored: each address, and each query of a web address, by a short digest of itself.

    Equal texts stay equal and different ones different, so that references made of them still tell records apart.
    """
    if "@" not in text and "=" not in text:
        return text
    text = _CREDENTIALS.sub("", text)
    text = _QUERY.sub(lambda found: f"{found[0][0]}<{_short(found[0])}>", text)
    return _ADDRESS.sub(lambda found: f"<{_short(found[0])}>", text)


def _short(text: str) -> str:
    return digest("private", text)[:12]
