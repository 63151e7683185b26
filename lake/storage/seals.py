"""Seals of what describes the tables: documents and Avro files that hold a digest of themselves, so that no changed bit is believed.

Neither JSON nor Avro has a checksum of a whole file. A JSON object gets one as its first member, which its readers skip. An
Avro file is cut into blocks by 16 bytes that its writer may choose: here they are a digest of the rest of the file.
"""

import hashlib
import re

from lake.errors import DamagedFileError

SEALED_PROPERTY = "centrepiece.sealed"
"""Property of tables whose manifests are all sealed; those of older tables need not be."""

_MEMBER = b'{"centrepiece.sha256":"'
_SEALED = re.compile(re.escape(_MEMBER) + rb'([0-9a-f]{64})"(,?)')
_MARKER = 16
"""Bytes of an Avro file's sync marker, which ends its header and every block."""


def sealed_json(document: bytes) -> bytes:
    """Return a JSON object with a digest of itself as its first member.

    Args:
        document: A JSON object, not sealed.
    """
    inner = document[document.index(b"{") + 1 :]
    separator = b"" if inner.strip() == b"}" else b","
    return _MEMBER + hashlib.sha256(b"{" + inner).hexdigest().encode() + b'"' + separator + inner


def opened_json(document: bytes, name: str) -> bytes:
    """Return a JSON object as it was before it was sealed; one that is not sealed as it is.

    Args:
        document: The object.
        name: Of its file, for the message.

    Raises:
        DamagedFileError: It is not what was sealed.
    """
    match = _SEALED.match(document)
    if match is None:
        return document
    inner = b"{" + document[match.end() :]
    if hashlib.sha256(inner).hexdigest().encode() != match[1]:
        raise DamagedFileError(damaged_metadata(name, "it does not match its seal"))
    return inner


def sealed_avro(file: bytes) -> bytes:
    """Return an Avro file whose sync marker is a digest of the rest.

    Args:
        file: With any marker.
    """
    marker = file[-_MARKER:]
    return file.replace(marker, _avro_seal(file, marker))


def check_avro(file: bytes, name: str) -> None:
    """Hold an Avro file against its seal.

    Args:
        file: Its bytes.
        name: Of the file, for the message.

    Raises:
        DamagedFileError: It is not what was sealed.
    """
    marker = file[-_MARKER:]
    if len(marker) < _MARKER or _avro_seal(file, marker) != marker:
        raise DamagedFileError(damaged_metadata(name, "it does not match its seal"))


def damaged_metadata(name: str, why: str) -> str:
    """Say what is wrong with a file that describes tables, and what to do.

    Args:
        name: Path or URI of the file.
        why: What was found.
    """
    return f"{name} is not what was written: {why}; restore it from a backup of the store, or run the pipeline into a new store"


def _avro_seal(file: bytes, marker: bytes) -> bytes:
    return hashlib.sha256(file.replace(marker, bytes(_MARKER))).digest()[:_MARKER]
