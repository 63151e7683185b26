import errno
import os
import sqlite3

import pytest
from botocore.exceptions import EndpointConnectionError
from sqlalchemy.exc import OperationalError

from lake.errors import CentrepieceError, StorageError, UnreachableError
from lake.outages import as_centrepiece_error, system_errors


def of_system(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/store/shard")


def of_database(said: str) -> OperationalError:
    return OperationalError("INSERT INTO secrets", {"password": "the-password"}, sqlite3.OperationalError(said))


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (of_system(errno.ENOSPC), StorageError, "No space left on device: '/store/shard'; make room there"),
        (of_system(errno.EDQUOT), StorageError, "quota exceeded: '/store/shard'; make room there"),
        (of_system(errno.EACCES), StorageError, "Permission denied: '/store/shard'; give this user the right"),
        (of_system(errno.EROFS), StorageError, "Read-only file system: '/store/shard'; give this user the right"),
        (of_database("database or disk is full"), StorageError, "disk is full; make room there"),
        (of_database("attempt to write a readonly database"), StorageError, "give this user the right"),
        (of_system(errno.EIO), UnreachableError, "Input/output error: '/store/shard'; see to what it names"),
        (OSError("When uploading object:\n  no route"), UnreachableError, "When uploading object: no route; see to"),
        (EndpointConnectionError(endpoint_url="http://nowhere"), UnreachableError, "http://nowhere"),
    ],
)
def test_an_error_of_the_system_is_told_in_one_line_with_what_to_do(error: Exception, kind: type[CentrepieceError], told: str) -> None:
    assert isinstance(error, system_errors())
    found = as_centrepiece_error(error, "crop")
    assert type(found) is kind and found.exit_code == 2
    assert str(found).startswith("crop: ") and told in str(found) and "\n" not in str(found)
    assert "the-password" not in str(found) and str(found).endswith(", then run it again")
