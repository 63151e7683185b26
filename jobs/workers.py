"""Where pieces of work are done: by workers of some engine, or in this process."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_Counts = TypeVar("_Counts", bound=NamedTuple)


class Counter(Protocol[_Counts]):
    """Counts that workers add to and the driver reads; for eyes alone, since a piece that is done twice counts twice."""

    @property
    def value(self) -> _Counts:
        """What has been added so far; only the driver can read it."""
        ...

    def add(self, term: _Counts) -> None:
        """Add counts; only where work is done."""
        ...


class Workers(Protocol):
    """Does pieces of work, somewhere, and returns what came of each in their order."""

    def map(self, pieces: Sequence[_Piece], work: Callable[[_Piece], _Result], /) -> list[_Result]:
        """Do every piece.

        Args:
            pieces: What to do; picklable.
            work: What is done with each; picklable by reference. It returns receipts, counts and properties, never pixels.
        """
        ...

    def counter(self, zero: _Counts, /) -> Any:
        """Return a `Counter` that starts at zero and travels with the work."""
        ...


class LocalCounter(Generic[_Counts]):
    """A counter for work in this process."""

    def __init__(self, zero: _Counts) -> None:
        self.value = zero

    def add(self, term: _Counts) -> None:
        """Add counts, number by number."""
        self.value = self.value._make(one + other for one, other in zip(self.value, term, strict=True))


class InProcess:
    """Does one piece after the other in this process."""

    def map(self, pieces: Sequence[_Piece], work: Callable[[_Piece], _Result], /) -> list[_Result]:
        """Do every piece."""
        return [work(piece) for piece in pieces]

    def counter(self, zero: _Counts, /) -> LocalCounter[_Counts]:
        """Return a counter that starts at zero."""
        return LocalCounter(zero)
