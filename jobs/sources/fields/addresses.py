"""How exports name images and masks: a path beside the export, a web address, or the bytes themselves. Nothing is downloaded."""

import base64
import binascii
from urllib.parse import unquote, urlsplit

from jobs.sources.files.exports import Export
from jobs.sources.files.folders import LARGEST_IMAGE, Folder
from jobs.sources.files.paths import HostilePathError, safe_path
from lake.errors import InputError

_BASE64_MARK = ";base64,"


def embedded_bytes(value: str) -> bytes | None:
    """Return the bytes of a `data:` URL, or None when the value is none.

    Raises:
        InputError: It is not base64, or too large.
    """
    if value[:5].lower() != "data:":
        return None
    _, mark, coded = value.partition(_BASE64_MARK)
    if not mark:
        raise InputError("expected a data: URL in base64")
    return decode_base64(coded)


def decode_base64(coded: str, limit: int = LARGEST_IMAGE) -> bytes:
    """Decode base64 text.

    Args:
        coded: The text.
        limit: Largest size of what it decodes to, in bytes.

    Raises:
        InputError: It is not base64, or decodes to more than `limit` bytes.
    """
    if len(coded) > limit // 3 * 4 + 4:
        raise InputError(f"embedded data of {len(coded):,} characters exceed the limit of {limit:,} bytes")
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("expected base64, got other characters") from None


def local_name(address: object) -> str:
    """Return under which path an image or mask that an export names would lie beside it.

    A web address stands for the last part of its path: nothing is fetched, and its query, which may be signed, is dropped.

    Raises:
        HostilePathError: The value is no name of a file below the export's folder.
    """
    if isinstance(address, str) and "://" in address[:64]:
        try:
            parts = urlsplit(address)
        except ValueError:
            raise HostilePathError("expected a web address or a path, got neither") from None
        return safe_path(unquote(parts.path).rpartition("/")[2])
    return safe_path(address)


def read_beside(export: Export, document: str, address: object) -> bytes:
    """Read a mask that a document names: embedded, beside the document, or in the folder of images.

    Args:
        export: The export.
        document: The annotation file that names the mask.
        address: A `data:` URL, a web address or a path.

    Raises:
        InputError: It is embedded wrongly, too large, missing, or its name is hostile.
    """
    if isinstance(address, str) and (carried := embedded_bytes(address)) is not None:
        return carried
    name = local_name(address)
    folder = document.rpartition("/")[0]
    candidates: list[tuple[Folder, str]] = [(export.annotations, f"{folder}/{name}" if folder else name), (export.images, name)]
    for within, path in candidates:
        if within.entry(path) is not None:
            return within.read(path)
    raise InputError(f"no file {name!r} beside {export.annotations.uri(document)} or below {export.images.root}")
