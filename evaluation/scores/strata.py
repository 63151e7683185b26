"""Named strata of crops: `all`, or `attribute=value` joined by `/`; patterns may hold `*`."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake.contracts import STRATUM_COLUMNS
from lake.errors import ConfigurationError

ALL = "all"
_THIN, _COMPACT = 0.25, 0.6
_CROWDED = 3


@dataclass(frozen=True, slots=True)
class StratumPattern:
    """Which strata a rule speaks of: one glob an attribute; no attribute means all rows."""

    parts: tuple[tuple[str, str], ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the pattern nests, in its order."""
        return tuple(attribute for attribute, _ in self.parts)

    @property
    def is_literal(self) -> bool:
        """Whether the pattern names exactly one stratum."""
        return not any(character in glob for _, glob in self.parts for character in "*?[")

    def matches(self, values: Sequence[str]) -> bool:
        """Whether a stratum with these attribute values, in the pattern's order, is meant."""
        return all(fnmatch.fnmatchcase(value, glob) for value, (_, glob) in zip(values, self.parts, strict=True))

    def __str__(self) -> str:
        return stratum_name(self.parts)


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum and the rows that lie in it."""

    name: str
    rows: NDArray[np.int64]  # ascending positions


def stratum_name(parts: Iterable[tuple[str, str]]) -> str:
    """Return `attribute=value/…`, or `all` for no attribute."""
    return "/".join(f"{attribute}={value}" for attribute, value in parts) or ALL


def nesting_of(name: str) -> str:
    """Return the attributes that a stratum's name nests, joined by `/`; `all` for all rows."""
    return "/".join(part.partition("=")[0] for part in name.split("/"))


def parse_pattern(text: str) -> StratumPattern:
    """Read a stratum pattern such as `all`, `domain=*` or `domain=driving/class=car`.

    Raises:
        ConfigurationError: An attribute is unknown or duplicate, or a part is not `attribute=value`.
    """
    if text == ALL:
        return StratumPattern(())
    parts: list[tuple[str, str]] = []
    for part in text.split("/"):
        attribute, equals, value = part.partition("=")
        if not equals or not value:
            raise ConfigurationError(f"stratum {text!r}: expected 'all' or attribute=value parts joined by '/', got {part!r}")
        if attribute not in STRATUM_COLUMNS or attribute in dict(parts):
            raise ConfigurationError(
                f"stratum {text!r}: {attribute!r} is unknown or duplicate; attributes are {', '.join(STRATUM_COLUMNS)}"
            )
        parts.append((attribute, value))
    return StratumPattern(tuple(parts))


def shown_patterns(nestings: Iterable[str], gated: Iterable[str]) -> list[StratumPattern]:
    """Return the patterns that a report shows: all rows, then each nesting of `evaluation.scores.strata`, then what gates speak of.

    Args:
        nestings: Attributes, nested ones joined by `/`, such as `class` and `domain/size`.
        gated: Patterns of the gates' rules.
    """
    nested = ("/".join(f"{attribute}=*" for attribute in nesting.split("/")) for nesting in nestings)
    return [parse_pattern(name) for name in dict.fromkeys((ALL, *nested, *gated))]


def strata_of(rows: pa.Table, pattern: StratumPattern) -> list[Stratum]:
    """Return the strata that a pattern matches among score rows, by name.

    Args:
        rows: Has the columns of the pattern's attributes.
        pattern: From `parse_pattern`.
    """
    everything = np.arange(rows.num_rows, dtype=np.int64)
    if not rows.num_rows:
        return []
    if not pattern.parts:
        return [Stratum(ALL, everything)]
    code = np.zeros(rows.num_rows, dtype=np.int64)
    vocabularies: list[list[str]] = []
    for attribute in pattern.attributes:
        values = attribute_values(rows, attribute)
        encoded = pc.dictionary_encode(values).combine_chunks()
        vocabularies.append([str(value) for value in encoded.dictionary.to_pylist()])
        code = code * len(vocabularies[-1]) + encoded.indices.to_numpy().astype(np.int64)
    order = np.argsort(code, kind="stable")
    found, starts = np.unique(code[order], return_index=True)
    strata = []
    for value, members in zip(found, np.split(everything[order], starts[1:]), strict=True):
        words = _decode(int(value), vocabularies)
        if pattern.matches(words):
            strata.append(Stratum(stratum_name(zip(pattern.attributes, words, strict=True)), members))
    return sorted(strata, key=lambda stratum: stratum.name)


def distinct_strata(rows: pa.Table, patterns: Iterable[StratumPattern]) -> list[Stratum]:
    """Return the strata that some patterns match, each stratum once, in the patterns' order.

    Args:
        rows: A table with the columns that `STRATUM_COLUMNS` names.
        patterns: What to match.
    """
    found: dict[str, Stratum] = {}
    for pattern in patterns:
        for stratum in strata_of(rows, pattern):
            found.setdefault(stratum.name, stratum)
    return list(found.values())


def literal(value: str) -> str:
    """Return the glob that matches a value and nothing else."""
    return re.sub(r"([*?[])", r"[\1]", value)


def attribute_values(rows: pa.Table, attribute: str) -> pa.ChunkedArray:
    """Return an attribute's values as strings; flags are written `true` and `false`.

    Args:
        rows: A table with the columns that `STRATUM_COLUMNS` names.
        attribute: A key of `STRATUM_COLUMNS`.
    """
    return pc.cast(rows.column(STRATUM_COLUMNS[attribute]), pa.string())


def thinness_class(thinness: float) -> str:
    """Return thin, medium or compact for 4π·area / perimeter²."""
    if thinness < _THIN:
        return "thin"
    return "medium" if thinness < _COMPACT else "compact"


def crowding_class(neighbours: int) -> str:
    """Return alone, touching or crowded for the number of other instances whose boxes meet this one's."""
    if neighbours == 0:
        return "alone"
    return "touching" if neighbours < _CROWDED else "crowded"


def _decode(code: int, vocabularies: list[list[str]]) -> list[str]:
    words: list[str] = []
    for vocabulary in reversed(vocabularies):
        code, index = divmod(code, len(vocabulary))
        words.append(vocabulary[index])
    return words[::-1]
