"""The class list (JSON) of label maps: what each of their ids means."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.sources.files.json_documents import list_at, nonempty_text, parse_json, whole_number
from lake.errors import InputError

CLASS_KINDS = ("thing", "stuff", "void")
HIGHEST_ID = 65_535
SHARED = -1
"""Stands for the class of a colour that several classes have."""


@dataclass(frozen=True, slots=True)
class ClassList:
    """What the ids of a label map mean; ids outside `names` are void."""

    names: dict[int, str]  # things and stuff
    things: frozenset[int]  # classes whose map does not tell instances apart
    colours: dict[int, int]  # 0xRRGGBB -> id, for maps that are coded by colour; SHARED where classes have one colour
    divisor: int | None = None  # maps hold class * divisor + instance; a value below it is a class alone
    instances_of: str | None = None  # maps hold instances of this one class, each value but 0 another; nothing else is set then
    ignored: int | None = None  # the value that is void in such maps

    def divided(self) -> NDArray[np.bool_]:
        """Return, by id, whether a class falls into its connected parts: (65,537,) bool, the last for void."""
        table = np.zeros(HIGHEST_ID + 2, bool)
        table[sorted(self.things)] = True
        return table


def parse_classes(data: bytes | None) -> ClassList:
    """Read `{"classes": [{"id", "name", "kind", "rgb"?}], "ignore_index"?, "instance_divisor"?}`, or `{"instances_of": name}`.

    A class of kind thing has one region a connected part, of kind stuff one region an image; void is ignored. With an
    `instance_divisor` maps hold class * divisor + instance, in 16 bits or as R + 256 G + 65536 B, and each value is one
    region. With `instances_of` each value but 0 is an object of that one class, and `ignore_index` alone is void.

    Raises:
        InputError: There is no class list, or a class has no id, no name, another kind, or an id twice.
    """
    if data is None:
        raise InputError("label maps need a class list: set the source's `classes` to a JSON file of ids, names and kinds")
    document = parse_json(data, "the class list")
    entries = list_at(document, "classes")
    if isinstance(document, dict) and "instances_of" in document:
        return _instances_of(document)
    if not entries:
        shapes = '{"classes": [{"id": 0, "name": "Sky", "kind": "stuff"}, …]}, or {"instances_of": "cell"} where values are instances'
        raise InputError(f"the class list names no class; expected {shapes}")
    names: dict[int, str] = {}
    things: set[int] = set()
    coloured: dict[int, list[int]] = {}
    seen: set[int] = set()
    for entry in entries:
        number, name, kind = _class(entry)
        if number in seen:
            raise InputError(f"the class list has id {number} twice")
        seen.add(number)
        if colour := _colour(entry.get("rgb")):
            coloured.setdefault(colour[0], []).append(number)
        if kind != "void" and number != document.get("ignore_index"):
            names[number] = name
        if kind == "thing":
            things.add(number)
    divisor = document.get("instance_divisor")
    if divisor is not None and (whole_number(divisor) is None or not 2 <= divisor <= 1 << 20):
        raise InputError(f"the class list: expected an instance_divisor from 2 to {1 << 20:,}, got {divisor!r}")
    colours = {colour: ids[0] if len({names.get(one) for one in ids}) == 1 else SHARED for colour, ids in coloured.items()}
    return ClassList(names, frozenset(things & names.keys()), colours, divisor)


def _instances_of(document: dict[str, Any]) -> ClassList:
    label = nonempty_text(document["instances_of"])
    if label is None or set(document) - {"instances_of", "ignore_index"}:
        raise InputError(f'the class list: expected {{"instances_of": "cell", "ignore_index": 255}}, got {str(document)[:120]}')
    return ClassList({}, frozenset(), {}, instances_of=label, ignored=whole_number(document.get("ignore_index")))


def _class(entry: object) -> tuple[int, str, str]:
    if not isinstance(entry, dict):
        raise InputError(f"expected a class as an object with id, name and kind, got {type(entry).__name__}")
    number, name, kind = whole_number(entry.get("id")), nonempty_text(entry.get("name")), entry.get("kind", "thing")
    if number is None or not 0 <= number <= HIGHEST_ID or name is None:
        raise InputError(f"expected a class with an id from 0 to {HIGHEST_ID:,} and a name, got {str(entry)[:120]}")
    if kind not in CLASS_KINDS:
        raise InputError(f"class {name!r}: expected kind {', '.join(CLASS_KINDS)}, got {kind!r}")
    return number, name, str(kind)


def _colour(value: object) -> tuple[int] | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    channels = [whole_number(channel) for channel in value]
    if any(channel is None or not 0 <= channel <= 255 for channel in channels):
        return None
    red, green, blue = (int(channel or 0) for channel in channels)
    return (red << 16 | green << 8 | blue,)
