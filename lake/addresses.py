"""Addresses of catalogs and databases: secrets are put into them percent-encoded, and one that cannot be meant is refused.

No message holds any of an address: what is wrong with it may be where its password ends.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

SECRET_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`${NAME}`: the value of an environment variable."""

_WITH_HOST = re.compile(
    r"(?P<scheme>postgresql(?:\+\w+)?|https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<rest>.*)", re.DOTALL
)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\]@]*)(?::(?P<port>.*))?", re.DOTALL)
_HALF_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODE = "a user or password with one of @ : / ? # % in it is written percent-encoded, or as ${NAME}, which is encoded by itself"


def with_secrets(address: str, value_of: Callable[[str], str]) -> str:
    """Replace the references of an address by what they stand for.

    What stands before the host (user and password) or in the query is percent-encoded; what stands elsewhere is put in as it
    is, so that a variable may hold a whole address, a host or a folder.

    Args:
        address: As it is written, e.g. `postgresql+psycopg://me:${PASSWORD}@host/db`.
        value_of: Gives the value of a name.
    """
    begins = address.find("://") + 3
    query = address.find("?", begins) if begins > 2 else -1
    host = address.rfind("@", begins, query if query >= 0 else None) if begins > 2 else -1

    def put_in(match: re.Match[str]) -> str:
        value, at = value_of(match.group(1)), match.start()
        if begins <= at < host:
            user, colon, password = value.partition(":")
            is_alone = address[begins:host] == match.group(0)  # then it may be a user with a password
            return quote(user, safe="") + ":" + quote(password, safe="") if is_alone and colon else quote(value, safe="")
        return quote(value, safe="") if 0 <= query < at else value

    return SECRET_NAME.sub(put_in, address)


def check_address(address: str) -> None:
    """Check the address of a catalog or database as far as that is possible without going there.

    Raises:
        ValueError: It cannot be meant; the message holds nothing of it.
    """
    if any(sign <= " " for sign in address):
        raise ValueError("an address has no blanks, line ends or NULs in it")
    parts = _WITH_HOST.fullmatch(address)
    if parts is None:
        return
    user, _, host = parts["authority"].rpartition("@")
    is_torn = parts["rest"] or "@" in user or "@" in parts["path"] or ("@" in (parts["query"] or "") and not user)
    if is_torn or _HALF_ENCODED.search(user):
        raise ValueError(f"the address cannot be read; {_ENCODE}")
    found = _HOST.fullmatch(host)
    if found is None:
        raise ValueError(f"the host of the address cannot be read; {_ENCODE}")
    port = found["port"]
    if port and not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise ValueError(f"expected a port from 1 to 65535 in the address; {_ENCODE}")


def with_parameters(address: str) -> tuple[str, dict[str, str]]:
    """Take the query out of an HTTP address; return the address without it, and its parameters by name."""
    parts = urlsplit(address)
    return parts._replace(query="", fragment="").geturl(), dict(parse_qsl(parts.query))
