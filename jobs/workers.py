"""Where pieces of work are done: by workers of some engine, or in this process."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Workers(Protocol):
    """Does pieces of work, somewhere, and returns what came of each in their order."""

    def map(self, pieces: Sequence[Piece], work: Callable[[Piece], Result], /) -> list[Result]:
        """Do every piece.

        Args:
            pieces: What to do; picklable.
            work: What is done with each; picklable by reference. It returns receipts, counts and properties, never pixels.
        """
        ...


class InProcess:
    """Does one piece after the other in this process."""

    def map(self, pieces: Sequence[Piece], work: Callable[[Piece], Result], /) -> list[Result]:
        """Do every piece."""
        return [work(piece) for piece in pieces]
