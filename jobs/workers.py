"""Where pieces of work are done: by workers of some engine, or in this process."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Counts = TypeVar("Counts", bound=NamedTuple)


class Counter(Protocol[Counts]):
    """Counts that workers add to and the driver reads; for eyes alone, since a piece that is done twice counts twice."""

    @property
    def value(self) -> Counts:
        """What has been added so far; only the driver can read it."""
        ...

    def add(self, term: Counts) -> None:
        """Add counts; only where work is done."""
        ...


class Workers(Protocol):
    """Does pieces of work, somewhere, and returns what came of each in their order."""

    def map(self, pieces: Sequence[Piece], work: Callable[[Piece], Result], /) -> list[Result]:
        """Do every piece.

        Args:
            pieces: What to do; picklable.
            work: What is done with each; picklable by reference. It returns receipts, counts and properties, never pixels.
        """
        ...

    def counter(self, zero: Counts, /) -> Any:
        """Return a `Counter` that starts at zero and travels with the work."""
        ...


class LocalCounter(Generic[Counts]):
    """A counter for work in this process."""

    def __init__(self, zero: Counts) -> None:
        self.value = zero

    def add(self, term: Counts) -> None:
        """Add counts, number by number."""
        self.value = self.value._make(one + other for one, other in zip(self.value, term, strict=True))


class InProcess:
    """Does one piece after the other in this process."""

    def map(self, pieces: Sequence[Piece], work: Callable[[Piece], Result], /) -> list[Result]:
        """Do every piece."""
        return [work(piece) for piece in pieces]

    def counter(self, zero: Counts, /) -> LocalCounter[Counts]:
        """Return a counter that starts at zero."""
        return LocalCounter(zero)
