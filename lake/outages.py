"""Turn errors of disks, object stores, catalogs and databases into deliberate ones that say what to do."""

import errno

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import RESTError
from sqlalchemy.exc import SQLAlchemyError

from lake.errors import CentrepieceError, StorageError, UnreachableError
from lake.redaction import redacted

SYSTEM_ERRORS = (OSError, BotoCoreError, ClientError, RESTError, SQLAlchemyError)
"""What disks, object stores, catalogs and databases raise, through the libraries that speak to them."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def as_centrepiece_error(error: Exception, doing: str = "") -> CentrepieceError:
    """Return the deliberate error for one of `SYSTEM_ERRORS`: a `StorageError` where only people can help, else an `UnreachableError`.

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
