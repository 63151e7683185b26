"""Reads the images that were ingested from where they lie, and refuses those that are not the ones that were labelled."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from imaging.images import ImageRefusedError
from lake.errors import CentrepieceError
from lake.reasons import Reason
from lake.storage.store import open_store

_S3 = "s3://"


def read_source(uris: Iterable[str], image_id: str) -> bytes:
    """Read an image from the first of its locations that still holds it.

    Args:
        uris: Local paths or `s3://` URIs, at least one.
        image_id: The sha-256 of the bytes that were labelled.

    Raises:
        ImageRefusedError: No location can be read (unreadable-source), or other bytes stand there (changed-source).
    """
    refusal = ImageRefusedError(Reason.UNREADABLE_SOURCE, f"image {image_id}: no location is known; ingest its source again")
    for uri in uris:
        try:
            data = _read(uri)
        except (OSError, CentrepieceError) as error:
            refusal = ImageRefusedError(Reason.UNREADABLE_SOURCE, f"{uri}: {error}; put the file back or ingest again")
            continue
        found = hashlib.sha256(data).hexdigest()
        if found == image_id:
            return data
        refusal = ImageRefusedError(
            Reason.CHANGED_SOURCE, f"{uri}: expected the labelled bytes {image_id[:12]}…, got {found[:12]}…; ingest again"
        )
    raise refusal


def _read(uri: str) -> bytes:
    if uri.startswith(_S3):
        bucket, _, path = uri.removeprefix(_S3).partition("/")
        return open_store(f"{_S3}{bucket}").read_bytes(path)
    return Path(uri.removeprefix("file://")).read_bytes()
