"""Turn errors of disks, object stores, catalogs and databases into deliberate ones that say what to do."""

import errno
import sys
from collections.abc import Mapping
from types import MappingProxyType

from lake.errors import CentrepieceError, StorageError, UnreachableError
from lake.redaction import redacted

_OF_LIBRARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "botocore.exceptions": ("BotoCoreError", "ClientError"),
        "pyiceberg.exceptions": ("RESTError",),
        "sqlalchemy.exc": ("SQLAlchemyError",),
    }
)
"""The errors of libraries that speak to object stores, catalogs and databases, by the module that has them."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def system_errors() -> tuple[type[Exception], ...]:
    """Return what disks, object stores, catalogs and databases raise, through the libraries that speak to them.

    Of a library that nobody has loaded in this process none is named: it cannot have been raised.
    """
    loaded = ((sys.modules.get(module), names) for module, names in _OF_LIBRARIES.items())
    return (OSError, *(getattr(module, name) for module, names in loaded for name in names if hasattr(module, name)))


def as_centrepiece_error(error: Exception, doing: str = "") -> CentrepieceError:
    """Return the deliberate error for one of `system_errors`: a `StorageError` where only people can help, else an `UnreachableError`.

    Args:
        error: What was raised.
        doing: What failed, e.g. a stage; the message begins with its name.
    """
    said = f"{doing}: {own_words(error)}" if doing else own_words(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or "disk is full" in said:
        return StorageError(f"{said}; make room there, then run it again")
    if number in _FORBIDDEN or "readonly database" in said:
        return StorageError(f"{said}; give this user the right to read and write there, then run it again")
    return UnreachableError(f"{said}; see to what it names, then run it again")


def own_words(error: Exception) -> str:
    """Return what a disk, service or database says itself, in one line without secrets: SQLAlchemy would quote the statement."""
    return " ".join(redacted(str(getattr(error, "orig", None) or error)).split())
