"""Reads small Avro files, such as the manifests of small tables, where loading pyiceberg would take longer than reading them.

Source: the Apache Avro 1.11 specification, sections "Binary encoding" and "Object Container Files".
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson

_MAGIC = b"Obj\x01"
_MARKER = 16
_CODECS: dict[bytes, Callable[[bytes], bytes]] = {b"null": bytes, b"deflate": lambda block: zlib.decompress(block, -zlib.MAX_WBITS)}

_Read = Callable[[bytes, int], tuple[Any, int]]
"""Reads one value at a position; returns it and where the next one begins."""


def avro_records(file: bytes) -> Iterator[dict[str, Any]]:
    """Yield the records of an Avro file, each by the names of its fields.

    Args:
        file: Its bytes; not compressed, or by `deflate`.

    Raises:
        ValueError: It is no such file.
    """
    try:
        if not file.startswith(_MAGIC):
            raise ValueError("it does not begin as Avro files do")
        about, at = _map_of(_bytes)(file, len(_MAGIC))
        unpacked = _CODECS[about.get("avro.codec", b"null")]
        read = _reader(orjson.loads(about["avro.schema"]), {})
        marker, at = file[at : at + _MARKER], at + _MARKER
        while at < len(file):
            count, at = _long(file, at)
            packed, at = _bytes(file, at)
            block, inside = unpacked(packed), 0
            for _ in range(count):
                record, inside = read(block, inside)
                yield record
            if inside != len(block) or file[at : at + _MARKER] != marker:
                raise ValueError("a block does not end where it should")
            at += _MARKER
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeDecodeError, zlib.error, RecursionError) as error:
        raise ValueError(f"no Avro file that can be read here: {error!r}") from error


def _reader(schema: Any, named: dict[str, _Read]) -> _Read:
    """Return what reads values of a schema; `named` are the records, enumerations and fixed types so far, by name."""
    if isinstance(schema, list):
        return _union([_reader(branch, named) for branch in schema])
    kind = schema if isinstance(schema, str) else schema["type"]
    if isinstance(kind, dict | list):
        return _reader(kind, named)
    if kind == "record":
        return _record(schema, named)
    if kind == "array":
        return _array_of(_reader(schema["items"], named))
    if kind == "map":
        return _map_of(_reader(schema["values"], named))
    if kind == "fixed":
        named[schema["name"]] = _fixed(int(schema["size"]))
        return named[schema["name"]]
    return _PRIMITIVES[kind] if kind in _PRIMITIVES else named[kind]


def _long(data: bytes, at: int) -> tuple[int, int]:
    byte, value, shift = data[at], data[at] & 0x7F, 7
    while byte & 0x80:
        at += 1
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at + 1


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _long(data, at)
    return _fixed(size)(data, at)


def _string(data: bytes, at: int) -> tuple[str, int]:
    found, at = _bytes(data, at)
    return found.decode(), at


def _fixed(size: int) -> _Read:
    def read(data: bytes, at: int) -> tuple[bytes, int]:
        if size < 0 or at + size > len(data):
            raise IndexError(f"{size} bytes at {at} of {len(data)}")
        return data[at : at + size], at + size

    return read


def _record(schema: Any, named: dict[str, _Read]) -> _Read:
    fields: list[tuple[str, _Read]] = []

    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        found = {}
        for name, read_field in fields:
            found[name], at = read_field(data, at)
        return found, at

    named[schema["name"]] = read  # its fields may hold records like it
    fields += [(field["name"], _reader(field["type"], named)) for field in schema["fields"]]
    return read


def _union(branches: list[_Read]) -> _Read:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        branch, at = _long(data, at)
        if branch < 0:
            raise IndexError(branch)
        return branches[branch](data, at)

    return read


def _array_of(read_item: _Read) -> _Read:
    def read(data: bytes, at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            count, at = _long(data, at)
            if count == 0:
                return found, at
            if count < 0:  # the size of the block in bytes follows, for who skips it
                count, (_, at) = -count, _long(data, at)
            for _ in range(count):
                item, at = read_item(data, at)
                found.append(item)

    return read


def _map_of(read_value: _Read) -> _Read:
    def pair(data: bytes, at: int) -> tuple[tuple[str, Any], int]:
        key, at = _string(data, at)
        value, at = read_value(data, at)
        return (key, value), at

    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        pairs, at = _array_of(pair)(data, at)
        return dict(pairs), at

    return read


_PRIMITIVES: dict[str, _Read] = {
    "null": lambda _data, at: (None, at),
    "boolean": lambda data, at: (bool(data[at]), at + 1),
    "int": _long,
    "long": _long,
    "float": _fixed(4),  # as it lies there: manifests say nothing in fractions that is asked for
    "double": _fixed(8),
    "bytes": _bytes,
    "string": _string,
}
