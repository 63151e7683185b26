"""The content digest of a table: a sum over its files, so that a publication updates it without reading the rest.

The digest of a table is the sum, modulo 2^256, of the sha-256 of (part, rows, sha-256 of the bytes) over its live
files. It does not depend on paths, stores, catalogs or the order of publications: equal files, equal digest.
"""

from collections.abc import Iterable, Mapping

from lake.digests import digest

_MODULUS = 1 << 256
EMPTY_CONTENT = "0" * 64


def file_identity(part: Mapping[str, str], rows: int, sha256: str) -> int:
    """Return what one file adds to its table's content digest.

    Args:
        part: Partition column to value, of the file's rows.
        rows: How many it holds.
        sha256: Of its bytes, 64 hexadecimal characters.
    """
    return int(digest("file", dict(part), rows, sha256), 16)


def changed_content(before: str, *, added: Iterable[int] = (), removed: Iterable[int] = ()) -> str:
    """Return a table's content digest after files came and went.

    Args:
        before: The digest before, 64 hexadecimal characters.
        added: Identities of the files that came; see `file_identity`.
        removed: Identities of the files that went.
    """
    return f"{(int(before, 16) + sum(added) - sum(removed)) % _MODULUS:064x}"
